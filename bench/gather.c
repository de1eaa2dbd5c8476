/* Read (or read and write) rows of a table in the order of a list, without computing anything: the limit of memory for
   products of sparse matrices. bench/bandwidth.py compiles and measures it for rows of BYTES bytes, at least 32. As in
   the kernels, the last vector of a row overlaps the one before if BYTES is not a multiple of 32. */

#include <stdint.h>

#define AHEAD 12
#define VECTORS ((BYTES + 31) / 32)
#define AT(j) ((j) < VECTORS - 1 ? (j) * 32 : BYTES - 32)
#define EACH_VECTOR _Pragma("GCC unroll 32") for (int j = 0; j < VECTORS; j++)
#define FETCH(how) _Pragma("GCC unroll 32") for (int c = 0; c < BYTES; c += 64) __builtin_prefetch(next + c, how)
typedef float VEC __attribute__((vector_size(32), aligned(4), may_alias));

/* Add up the rows; the sum is returned so that the compiler does not remove the reading. */
__attribute__((target("avx2"))) float read_rows(int64_t n, const int32_t *rows, const char *table)
{
    VEC even[4] = {{0}}, odd[4] = {{0}}, sum = {0}; /* several sums, so that additions do not wait for each other */
    for (int64_t p = 0; p + 2 + AHEAD < n; p += 2) {
        const char *next = table + (int64_t)rows[p + AHEAD] * BYTES, *row = table + (int64_t)rows[p] * BYTES;
        FETCH(0);
        EACH_VECTOR even[j % 4] += *(const VEC *)(row + AT(j));
        next = table + (int64_t)rows[p + 1 + AHEAD] * BYTES, row = table + (int64_t)rows[p + 1] * BYTES;
        FETCH(0);
        EACH_VECTOR odd[j % 4] += *(const VEC *)(row + AT(j));
    }
    for (int j = 0; j < 4; j++) sum += even[j] + odd[j];
    return sum[0] + sum[7];
}

/* Adds one to every number of the rows. */
__attribute__((target("avx2"))) void change_rows(int64_t n, const int32_t *rows, char *table)
{
    for (int64_t p = 0; p + AHEAD < n; p++) {
        const char *next = table + (int64_t)rows[p + AHEAD] * BYTES;
        char *row = table + (int64_t)rows[p] * BYTES;
        FETCH(1);
        const VEC last = *(const VEC *)(row + BYTES - 32) + 1;
        _Pragma("GCC unroll 32") for (int j = 0; j < VECTORS - 1; j++) *(VEC *)(row + j * 32) += 1;
        *(VEC *)(row + BYTES - 32) = last;
    }
}
