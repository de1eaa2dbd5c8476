/* The kernels for one number type and one instruction set; kernels.c includes this file once for each combination.

   Matrices are row-major. V' (pages x terms) is stored in compressed rows: entries ptr[i] to ptr[i + 1] of idx and val
   belong to page i, with increasing terms. Dense rows have r entries, one per topic, without padding. If r is not a
   multiple of the vector length, the last vector of a row overlaps the one before. Both compute the same values in the
   overlap, so the order of storing does not matter.

   Every row of a result is computed independently and always in the same order. So the results do not depend on how
   rows are divided between calls, nor on the number of threads. */

#if BITS == 32
#define REAL float
#define TYPE f32
#else
#define REAL double
#define TYPE f64
#endif
#define VEC NAME(vec)
#define LANES (256 / BITS)
#define LOAD(p) (*(const VEC *)(p))
#define STORE(p, v) (*(VEC *)(p) = (v))

typedef REAL VEC __attribute__((vector_size(32), aligned(sizeof(REAL)), may_alias));

/* ------------------------------------------------------------------------------------------- products with V */

/* acc += val[p] W[idx[p]], and prefetch a row that is needed soon. */
INLINE void NAME(add_row)(const int K, i64 width, i64 p, i64 end, const i32 *idx, const REAL *val, const REAL *W, i64 r,
                          VEC *acc)
{
    if (p + AHEAD < end) {
        const char *next = (const char *)(W + (i64)idx[p + AHEAD] * r);
        UNROLL for (int c = 0; c < K * 32; c += 64) __builtin_prefetch(next + c);
    }
    const REAL x = val[p], *w = W + (i64)idx[p] * r;
    UNROLL for (int j = 0; j < K - 1; j++) acc[j] += x * LOAD(w + j * LANES);
    acc[K - 1] += x * LOAD(w + width - LANES);
}

/* P[i] = sum of val[p] W[idx[p]] over the entries of page i, for `width` columns held in K vectors. */
INLINE void NAME(gather_k)(const int K, i64 width, i64 first, i64 last, const i64 *ptr, const i32 *idx,
                           const REAL *val, const REAL *W, i64 r, REAL *P)
{
    const i64 end = ptr[last];
    for (i64 i = first; i < last; i++) {
        VEC acc[MOST], odd[MOST]; /* two sums, so that additions do not wait for each other if rows are short */
        UNROLL for (int j = 0; j < K; j++) acc[j] = odd[j] = (VEC){0};
        i64 p = ptr[i];
        if (2 * K <= MOST)
            for (; p + 2 <= ptr[i + 1]; p += 2) {
                NAME(add_row)(K, width, p, end, idx, val, W, r, acc);
                NAME(add_row)(K, width, p + 1, end, idx, val, W, r, odd);
            }
        for (; p < ptr[i + 1]; p++) NAME(add_row)(K, width, p, end, idx, val, W, r, acc);
        if (2 * K <= MOST) UNROLL for (int j = 0; j < K; j++) acc[j] += odd[j];
        UNROLL for (int j = 0; j < K - 1; j++) STORE(P + i * r + j * LANES, acc[j]);
        STORE(P + i * r + width - LANES, acc[K - 1]);
    }
}

/* The same for fewer columns than a vector has lanes. */
INLINE void NAME(gather_few)(const int r, i64 first, i64 last, const i64 *ptr, const i32 *idx, const REAL *val,
                             const REAL *W, REAL *P)
{
    for (i64 i = first; i < last; i++) {
        REAL acc[8] = {0};
        for (i64 p = ptr[i]; p < ptr[i + 1]; p++)
            UNROLL for (int k = 0; k < r; k++) acc[k] += val[p] * W[(i64)idx[p] * r + k];
        UNROLL for (int k = 0; k < r; k++) P[i * r + k] = acc[k];
    }
}

/* few(r) if a row is shorter than a vector; else columns(K) for one panel after another, each of at most MOST vectors,
   starting at column `from` and `width` columns wide. */
#define BY_WIDTH(few, columns)                                                                                       \
    if (r < LANES) {                                                                                                 \
        EACH_FEW(r, few)                                                                                             \
        return;                                                                                                      \
    }                                                                                                                \
    const i64 vectors = (r + LANES - 1) / LANES, panels = (vectors + MOST - 1) / MOST;                               \
    for (i64 s = 0; s < panels; s++) {                                                                               \
        const i64 from = vectors * s / panels * LANES, to = vectors * (s + 1) / panels * LANES;                      \
        const i64 width = (to < r ? to : r) - from;                                                                  \
        EACH_VECTORS((width + LANES - 1) / LANES, columns, break)                                                    \
    }

TARGET void NAME(gather)(i64 first, i64 last, const i64 *ptr, const i32 *idx, const REAL *val, const REAL *W, i64 r,
                         REAL *P)
{
#define FEW(n) NAME(gather_few)(n, first, last, ptr, idx, val, W, P)
#define COLUMNS(n) NAME(gather_k)(n, width, first, last, ptr, idx, val, W + from, r, P + from)
    BY_WIDTH(FEW, COLUMNS)
#undef FEW
#undef COLUMNS
}

/* out[idx[p]] += val[p] H[i] over the entries of pages first to last whose term is in [low, high). */
INLINE void NAME(scatter_k)(const int K, i64 width, i64 first, i64 last, i64 low, i64 high, const i64 *ptr,
                            const i32 *idx, const REAL *val, const REAL *H, i64 r, REAL *out)
{
    if (first >= last) return;
    i64 p = seek(idx, ptr[first], ptr[first + 1], low), q = seek(idx, p, ptr[first + 1], high);
    for (i64 i = first; i < last; i++) {
        i64 next = 0, next_end = 0; /* the entries of the next page, to prefetch their first rows */
        if (i + 1 < last) {
            next = seek(idx, ptr[i + 1], ptr[i + 2], low);
            next_end = seek(idx, next, ptr[i + 2], high);
        }
        VEC h[MOST];
        UNROLL for (int j = 0; j < K - 1; j++) h[j] = LOAD(H + i * r + j * LANES);
        h[K - 1] = LOAD(H + i * r + width - LANES);
        for (; p < q; p++) {
            const i64 ahead = p + AHEAD < q ? p + AHEAD : next + (p + AHEAD - q);
            if (p + AHEAD < q || ahead < next_end) {
                const char *row = (const char *)(out + (i64)idx[ahead] * r);
                UNROLL for (int c = 0; c < K * 32; c += 64) __builtin_prefetch(row + c, 1);
            }
            const REAL x = val[p];
            REAL *o = out + (i64)idx[p] * r;
            const VEC end = LOAD(o + width - LANES) + x * h[K - 1]; /* read before the overlapping vector is written */
            UNROLL for (int j = 0; j < K - 1; j++) STORE(o + j * LANES, LOAD(o + j * LANES) + x * h[j]);
            STORE(o + width - LANES, end);
        }
        p = next;
        q = next_end;
    }
}

INLINE void NAME(scatter_few)(const int r, i64 first, i64 last, i64 low, i64 high, const i64 *ptr, const i32 *idx,
                              const REAL *val, const REAL *H, REAL *out)
{
    for (i64 i = first; i < last; i++) {
        const i64 from = seek(idx, ptr[i], ptr[i + 1], low), to = seek(idx, from, ptr[i + 1], high);
        for (i64 p = from; p < to; p++)
            UNROLL for (int k = 0; k < r; k++) out[(i64)idx[p] * r + k] += val[p] * H[i * r + k];
    }
}

TARGET void NAME(scatter)(i64 first, i64 last, i64 low, i64 high, const i64 *ptr, const i32 *idx, const REAL *val,
                          const REAL *H, i64 r, REAL *out)
{
#define FEW(n) NAME(scatter_few)(n, first, last, low, high, ptr, idx, val, H, out)
#define COLUMNS(n) NAME(scatter_k)(n, width, first, last, low, high, ptr, idx, val, H + from, r, out + from)
    BY_WIDTH(FEW, COLUMNS)
#undef FEW
#undef COLUMNS
}

/* ----------------------------------------------------------------------------------------- updates for least squares

   Rows are processed in transposed tiles of 8 vectors, so that a vector holds the same topic of several rows. Then all
   lanes do the same work, and independent rows hide the latency of the updates of one row. */

#define WIDE 8
#define TILE (WIDE * LANES)

/* Transpose TILE rows to r x TILE; missing rows become zeros. */
INLINE void NAME(turn)(i64 rows, i64 r, const REAL *from, REAL *to)
{
    for (i64 t = 0; t < rows; t++)
        for (i64 k = 0; k < r; k++) to[k * TILE + t] = from[t * r + k];
    for (i64 t = rows; t < TILE; t++)
        for (i64 k = 0; k < r; k++) to[k * TILE + t] = 0;
}

INLINE void NAME(turn_back)(i64 rows, i64 r, const REAL *from, REAL *to)
{
    for (i64 t = 0; t < rows; t++)
        for (i64 k = 0; k < r; k++) to[t * r + k] = from[k * TILE + t];
}

/* g X for one row g of G and a transposed X. */
INLINE void NAME(times)(i64 r, const REAL *g, const REAL *X, REAL *out)
{
    VEC acc[WIDE];
    UNROLL for (int v = 0; v < WIDE; v++) acc[v] = (VEC){0};
    for (i64 i = 0; i < r; i++)
        UNROLL for (int v = 0; v < WIDE; v++) acc[v] += g[i] * LOAD(X + i * TILE + v * LANES);
    UNROLL for (int v = 0; v < WIDE; v++) STORE(out + v * LANES, acc[v]);
}

/* Set each topic in turn to its minimum, `steps` times: x = max(0, x + (p - l1 - G x) / G[k][k]). */
TARGET int NAME(hals)(i64 rows, i64 r, const REAL *X, const REAL *P, const REAL *G, REAL l1, i64 steps,
                             REAL smallest, REAL *out)
{
    REAL *x = malloc((size_t)(2 * r * TILE) * sizeof(REAL)), *p = x + r * TILE;
    if (!x) return -1;
    for (i64 t = 0; t < rows; t += TILE) {
        const i64 n = rows - t < TILE ? rows - t : TILE;
        NAME(turn)(n, r, X + t * r, x);
        NAME(turn)(n, r, P + t * r, p);
        for (i64 s = 0; s < steps; s++)
            for (i64 k = 0; k < r; k++) {
                const REAL size = G[k * r + k];
                if (!(size > smallest)) continue;
                REAL Gx[TILE], *at = x + k * TILE, *goal = p + k * TILE;
                NAME(times)(r, G + k * r, x, Gx);
                for (i64 c = 0; c < TILE; c++) {
                    const REAL moved = at[c] + (goal[c] - l1 - Gx[c]) / size;
                    at[c] = moved > 0 ? moved : 0;
                }
            }
        NAME(turn_back)(n, r, x, out + t * r);
    }
    free(x);
    return 0;
}

/* x <- x / (G x + l1) * p, `steps` times. x stays if the denominator is zero; values below `smallest` become 0. */
TARGET int NAME(mu)(i64 rows, i64 r, const REAL *X, const REAL *P, const REAL *G, REAL l1, i64 steps,
                           REAL smallest, REAL *out)
{
    REAL *x = malloc((size_t)(3 * r * TILE) * sizeof(REAL)), *p = x + r * TILE, *fresh = p + r * TILE, *base = x;
    if (!x) return -1;
    for (i64 t = 0; t < rows; t += TILE) {
        const i64 n = rows - t < TILE ? rows - t : TILE;
        NAME(turn)(n, r, X + t * r, x);
        NAME(turn)(n, r, P + t * r, p);
        for (i64 s = 0; s < steps; s++) {
            for (i64 k = 0; k < r; k++) {
                REAL Gx[TILE], *old = x + k * TILE, *at = fresh + k * TILE, *goal = p + k * TILE;
                NAME(times)(r, G + k * r, x, Gx);
                for (i64 c = 0; c < TILE; c++) {
                    const REAL down = Gx[c] + l1, quotient = old[c] / (down > 0 ? down : 1) * goal[c];
                    const REAL moved = down > 0 ? quotient : old[c];
                    at[c] = moved < smallest ? 0 : moved;
                }
            }
            REAL *swap = x;
            x = fresh;
            fresh = swap;
        }
        NAME(turn_back)(n, r, x, out + t * r);
    }
    free(base);
    return 0;
}

/* The sum of a[i] b[i], accumulated in 64 bits for both number types. */
TARGET double NAME(dot)(i64 n, const REAL *a, const REAL *b)
{
    double sums[16] = {0}, sum = 0;
    i64 i = 0;
    for (; i + 16 <= n; i += 16)
        UNROLL for (int c = 0; c < 16; c++) sums[c] += (double)a[i + c] * (double)b[i + c];
    for (; i < n; i++) sum += (double)a[i] * (double)b[i];
    UNROLL for (int c = 0; c < 16; c++) sum += sums[c];
    return sum;
}

#include "divergence.h"

#undef VEC
#undef LANES
#undef LOAD
#undef STORE
#undef WIDE
#undef TILE
#undef BY_WIDTH
#undef REAL
#undef TYPE
#undef BITS
