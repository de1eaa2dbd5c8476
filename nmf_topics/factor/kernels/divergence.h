/* The kernels of the Kullback-Leibler divergence; included by body.h.

   A multiplicative step for page i is h <- h / sums * W' (v / Wh). The quotients v / Wh for the new h, which the update
   of W and the divergence need, are also returned. The rows of W of a page are read three times, after the first time
   from the nearest cache. LANES entries are processed at once, one per lane; at the end of a page the last entry is
   repeated to fill the lanes, so that every entry is computed in the same way. */

#if BITS == 32
#define WORD uint32_t
#define MANTISSA 23
#define ONE 0x3F800000u      /* the bits of 1 */
#define ROOT_HALF 0x3F3504F3u /* the bits of sqrt(1/2) */
#define WHOLE 0x4B000000u    /* the bits of 2^23; with an integer in the last bits, it is 2^23 plus that integer */
#define TERMS 5              /* terms of the series below; the remainder is below 2e-9 */
#else
#define WORD uint64_t
#define MANTISSA 52
#define ONE 0x3FF0000000000000u
#define ROOT_HALF 0x3FE6A09E667F3BCDu
#define WHOLE 0x4330000000000000u
#define TERMS 11             /* the remainder is below 1e-18 */
#endif
typedef WORD NAME(words) __attribute__((vector_size(32), may_alias));
typedef REAL NAME(quarter) __attribute__((vector_size(BITS / 2), aligned(BITS / 8), may_alias)); /* four numbers */
typedef double NAME(doubles) __attribute__((vector_size(32)));
#define WORDS NAME(words)
#define QUARTER NAME(quarter)
#define DOUBLES NAME(doubles)

/* The sums of LANES vectors, one per lane. */
INLINE VEC NAME(sums_of)(const VEC *a)
{
#if !__has_builtin(__builtin_shufflevector)
    VEC sums = {0};
    for (int e = 0; e < LANES; e++)
        for (int c = 0; c < LANES; c++) sums[e] += a[e][c];
    return sums;
#elif BITS == 32
#define PICK(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#define HALVES(x, y) (PICK(x, y, 0, 1, 2, 3, 8, 9, 10, 11) + PICK(x, y, 4, 5, 6, 7, 12, 13, 14, 15))
#define PAIRS(x, y) (PICK(x, y, 0, 1, 8, 9, 4, 5, 12, 13) + PICK(x, y, 2, 3, 10, 11, 6, 7, 14, 15))
#define SINGLES(x, y) (PICK(x, y, 0, 2, 8, 10, 4, 6, 12, 14) + PICK(x, y, 1, 3, 9, 11, 5, 7, 13, 15))
    const VEC left = PAIRS(HALVES(a[0], a[4]), HALVES(a[1], a[5]));
    const VEC right = PAIRS(HALVES(a[2], a[6]), HALVES(a[3], a[7]));
    return SINGLES(left, right);
#else
#define PICK(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#define HALVES(x, y) (PICK(x, y, 0, 1, 4, 5) + PICK(x, y, 2, 3, 6, 7))
#define SINGLES(x, y) (PICK(x, y, 0, 4, 2, 6) + PICK(x, y, 1, 5, 3, 7))
    const VEC left = HALVES(a[0], a[2]), right = HALVES(a[1], a[3]);
    return SINGLES(left, right);
#endif
}

/* log x for x > 0, accurate up to the last digit or two: x = 2^e y with y near 1, and log y = 2 artanh s with
   s = (y - 1) / (y + 1), by the series s + s^3 / 3 + s^5 / 5 + ... (|s| is at most 0.172). */
INLINE VEC NAME(log_of)(VEC x)
{
    const WORDS bits = (WORDS)x, raised = (bits + (ONE - ROOT_HALF)) >> MANTISSA; /* e with its bias */
    const VEC y = (VEC)(bits - ((raised - (ONE >> MANTISSA)) << MANTISSA));
    const VEC e = (VEC)(raised | WHOLE) - (REAL)(((WORD)1 << MANTISSA) + (ONE >> MANTISSA));
    const VEC s = (y - 1) / (y + 1), square = s * s;
    VEC series = (VEC){0} + (REAL)1 / (2 * TERMS - 1);
    UNROLL for (int k = TERMS - 2; k >= 0; k--) series = series * square + (REAL)1 / (2 * k + 1);
    return e * (REAL)0.693147180559945309417 + 2 * s * series;
}

/* W[ids[e]] h for LANES entries. `tail` is zero where the last vector of a row overlaps the one before. */
INLINE VEC NAME(products)(const i64 K, i64 r, const i32 *ids, const REAL *W, const REAL *restrict h, VEC tail)
{
    const REAL *w[LANES];
    VEC a[LANES];
    UNROLL for (int e = 0; e < LANES; e++) {
        w[e] = W + (i64)ids[e] * r;
        a[e] = LOAD(w[e] + r - LANES) * tail;
    }
    for (i64 j = 0; j < K - 1; j++) {
        const VEC part = LOAD(h + j * LANES);
        UNROLL for (int e = 0; e < LANES; e++) a[e] += LOAD(w[e] + j * LANES) * part;
    }
    return NAME(sums_of)(a);
}

/* out[p] = val[p] / W[idx[p]] h for the entries of a page, zero where Wh is zero; `fetch`: prefetch rows. */
INLINE void NAME(divide)(const i64 K, i64 r, i64 from, i64 to, i64 end, const i32 *idx, const REAL *val, const REAL *W,
                         const REAL *restrict h, REAL *restrict out, const int fetch)
{
    VEC tail = LOAD(h + r - LANES);
    for (i64 c = 0; c < K * LANES - r; c++) tail[c] = 0;
    i64 p = from;
    for (; p + LANES <= to; p += LANES) {
        if (fetch && p + 3 * LANES <= end)
            UNROLL for (int e = 0; e < LANES; e++) {
                const char *next = (const char *)(W + (i64)idx[p + 2 * LANES + e] * r);
                for (i64 c = 0; c < K * 32; c += 64) __builtin_prefetch(next + c);
            }
        const VEC y = NAME(products)(K, r, idx + p, W, h, tail);
        STORE(out + p, (VEC)((WORDS)(LOAD(val + p) / y) & (WORDS)(y > 0)));
    }
    if (p == to) return;
    i32 ids[LANES];
    for (int e = 0; e < LANES; e++) ids[e] = idx[p + e < to ? p + e : to - 1];
    const VEC y = NAME(products)(K, r, ids, W, h, tail);
    for (int e = 0; p + e < to; e++) out[p + e] = y[e] > 0 ? val[p + e] / y[e] : 0;
}

INLINE void NAME(divide_few)(const int r, i64 from, i64 to, const i32 *idx, const REAL *val, const REAL *W,
                             const REAL *h, REAL *out)
{
    for (i64 p = from; p < to; p++) {
        REAL y = 0;
        UNROLL for (int k = 0; k < r; k++) y += W[(i64)idx[p] * r + k] * h[k];
        out[p] = y > 0 ? val[p] / y : 0;
    }
}

/* sum(v log q - v) over n entries, accumulated in 64 bits, with 0 for log 0. */
TARGET double NAME(cost)(i64 n, const REAL *v, const REAL *q)
{
    DOUBLES sums[LANES / 4] = {{0}};
    double cost = 0;
    for (i64 p = 0; p < n; p += LANES) {
        REAL entries[LANES] = {0}, quotients[LANES] = {0}, changes[LANES];
        const int missing = n - p < LANES;
        if (missing)
            for (int c = 0; c < n - p; c++) entries[c] = v[p + c], quotients[c] = q[p + c];
        const VEC x = missing ? LOAD(entries) : LOAD(v + p), y = missing ? LOAD(quotients) : LOAD(q + p);
        STORE(changes, x * (VEC)((WORDS)NAME(log_of)(y) & (WORDS)(y > 0)) - x);
        UNROLL for (int c = 0; c < LANES / 4; c++)
            sums[c] += __builtin_convertvector(*(const QUARTER *)(changes + 4 * c), DOUBLES);
    }
    UNROLL for (int c = 0; c < LANES; c++) cost += sums[c / 4][c % 4];
    return cost;
}

INLINE void NAME(kl_k)(const i64 K, i64 r, i64 first, i64 last, const i64 *ptr, const i32 *idx, const REAL *val,
                       const REAL *W, const REAL *sums, const REAL *H, REAL *H_new, REAL *quotients)
{
    for (i64 i = first; i < last; i++) {
        const i64 from = ptr[i], to = ptr[i + 1];
        const REAL *h = H + i * r;
        REAL *fresh = H_new + i * r;
        NAME(divide)(K, r, from, to, ptr[last], idx, val, W, h, quotients, 1);
        if (K <= MOST) NAME(gather_k)((int)K, r, i, i + 1, ptr, idx, quotients, W, r, H_new);
        else NAME(gather)(i, i + 1, ptr, idx, quotients, W, r, H_new);
        for (i64 k = 0; k < r; k++) fresh[k] = sums[k] > 0 ? h[k] * (fresh[k] / sums[k]) : h[k];
        NAME(divide)(K, r, from, to, ptr[last], idx, val, W, fresh, quotients, 0);
    }
}

INLINE void NAME(kl_few)(const int r, i64 first, i64 last, const i64 *ptr, const i32 *idx, const REAL *val,
                         const REAL *W, const REAL *sums, const REAL *H, REAL *H_new, REAL *quotients)
{
    for (i64 i = first; i < last; i++) {
        const i64 from = ptr[i], to = ptr[i + 1];
        const REAL *h = H + i * r;
        REAL *fresh = H_new + i * r;
        NAME(divide_few)(r, from, to, idx, val, W, h, quotients);
        NAME(gather_few)(r, i, i + 1, ptr, idx, quotients, W, H_new);
        UNROLL for (int k = 0; k < r; k++) fresh[k] = sums[k] > 0 ? h[k] * (fresh[k] / sums[k]) : h[k];
        NAME(divide_few)(r, from, to, idx, val, W, fresh, quotients);
    }
}

TARGET void NAME(kl)(i64 first, i64 last, const i64 *ptr, const i32 *idx, const REAL *val, const REAL *W, i64 r,
                     const REAL *sums, const REAL *H, REAL *H_new, REAL *quotients)
{
#define FEW(n) NAME(kl_few)(n, first, last, ptr, idx, val, W, sums, H, H_new, quotients)
#define WHOLE_ROWS(n) NAME(kl_k)(n, r, first, last, ptr, idx, val, W, sums, H, H_new, quotients)
    const i64 vectors = (r + LANES - 1) / LANES;
    if (r < LANES) EACH_FEW(r, FEW)
    else EACH_VECTORS(vectors, WHOLE_ROWS, WHOLE_ROWS(vectors))
#undef FEW
#undef WHOLE_ROWS
}

/* Only the quotients v / Wh, for given h. */
TARGET void NAME(ratio)(i64 first, i64 last, const i64 *ptr, const i32 *idx, const REAL *val, const REAL *W, i64 r,
                        const REAL *H, REAL *quotients)
{
    const i64 vectors = (r + LANES - 1) / LANES;
    for (i64 i = first; i < last; i++) {
#define FEW(n) NAME(divide_few)(n, ptr[i], ptr[i + 1], idx, val, W, H + i * r, quotients)
#define WHOLE_ROWS(n) NAME(divide)(n, r, ptr[i], ptr[i + 1], ptr[last], idx, val, W, H + i * r, quotients, 1)
        if (r < LANES) EACH_FEW(r, FEW)
        else EACH_VECTORS(vectors, WHOLE_ROWS, WHOLE_ROWS(vectors))
#undef FEW
#undef WHOLE_ROWS
    }
}

#undef WORD
#undef WORDS
#undef QUARTER
#undef DOUBLES
#undef MANTISSA
#undef ONE
#undef ROOT_HALF
#undef WHOLE
#undef TERMS
#undef PICK
#undef HALVES
#undef PAIRS
#undef SINGLES
