/* Rows of a table, read (and written) in the order of a list, and nothing else done with them: the limit of memory that
   products of sparse matrices can be held against. bench/bandwidth.py compiles and measures it, for rows
   of BYTES bytes, a multiple of 32. */

#include <stdint.h>

#define AHEAD 12
typedef float VEC __attribute__((vector_size(32), aligned(4), may_alias));

/* Adds up rows; the sum is returned so that the reading is not left out. */
__attribute__((target("avx2"))) float read_rows(int64_t n, const int32_t *rows, const char *table)
{
    VEC a = {0}, b = {0}, c = {0}, d = {0};
    for (int64_t p = 0; p + AHEAD < n; p++) {
        const char *next = table + rows[p + AHEAD] * BYTES, *row = table + rows[p] * BYTES;
        for (int64_t at = 0; at < BYTES; at += 64) __builtin_prefetch(next + at);
        int64_t at = 0;
        for (; at + 128 <= BYTES; at += 128) {
            a += *(const VEC *)(row + at);
            b += *(const VEC *)(row + at + 32);
            c += *(const VEC *)(row + at + 64);
            d += *(const VEC *)(row + at + 96);
        }
        for (; at < BYTES; at += 32) a += *(const VEC *)(row + at);
    }
    a += b + c + d;
    return a[0] + a[7];
}

/* Adds one to every number of the rows. */
__attribute__((target("avx2"))) void change_rows(int64_t n, const int32_t *rows, char *table)
{
    for (int64_t p = 0; p + AHEAD < n; p++) {
        const char *next = table + rows[p + AHEAD] * BYTES;
        char *row = table + rows[p] * BYTES;
        for (int64_t c = 0; c < BYTES; c += 64) __builtin_prefetch(next + c, 1);
        for (int64_t c = 0; c < BYTES; c += 32) *(VEC *)(row + c) += 1;
    }
}
