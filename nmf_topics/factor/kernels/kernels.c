/* The inner loops of a factorization, for 32-bit and 64-bit numbers, with and without AVX2.

   The build hook (hatch_build.py) compiles this file to a shared library. The package kernels loads it, uses the
   functions whose names end in _avx2 or _plain, divides rows between threads, and falls back to numpy and scipy if
   there is no library. The functions keep no state, allocate only small scratch arrays, and do not use Python. The
   kernels are in body.h and divergence.h. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

typedef int64_t i64;
typedef int32_t i32;

#define INTERFACE 5 /* increased whenever a signature changes; a library with another number is not loaded */
#define AHEAD 12    /* entries of V between the prefetch of a row and its use */
#define MOST 13     /* most vectors that fit in the 16 registers of AVX2 */
/* do(n) with x as a constant n, so that the compiler can unroll loops over it. */
#define CASE(do, n) case n: do(n); break;
#define EACH_FEW(x, do) \
    switch (x) { CASE(do, 1) CASE(do, 2) CASE(do, 3) CASE(do, 4) CASE(do, 5) CASE(do, 6) CASE(do, 7) }
#define EACH_VECTORS(x, do, otherwise)                                                                               \
    switch (x) {                                                                                                     \
        CASE(do, 1) CASE(do, 2) CASE(do, 3) CASE(do, 4) CASE(do, 5) CASE(do, 6) CASE(do, 7) CASE(do, 8) CASE(do, 9)  \
        CASE(do, 10) CASE(do, 11) CASE(do, 12) CASE(do, 13) default: otherwise;                                      \
    }

#define UNROLL _Pragma("GCC unroll 16")
#define INLINE TARGET static inline __attribute__((always_inline))
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define NAME(name) JOIN(JOIN(name, TYPE), WIDTH)
#ifndef __has_builtin
#define __has_builtin(name) 0
#endif

/* The first position in [from, to) whose term is at least `term`. */
static inline i64 seek(const i32 *idx, i64 from, i64 to, i64 term)
{
    if (from == to || idx[from] >= term) return from; /* always the case if one thread has all terms */
    if (idx[to - 1] < term) return to;
    while (from < to) {
        const i64 middle = from + (to - from) / 2;
        if (idx[middle] < term) from = middle + 1;
        else to = middle;
    }
    return from;
}

#define WIDTH plain
#define TARGET
#define BITS 32
#include "body.h"
#define BITS 64
#include "body.h"
#undef WIDTH
#undef TARGET

#if defined(__x86_64__)
#define WIDTH avx2
#define TARGET __attribute__((target("avx2,fma")))
#define BITS 32
#include "body.h"
#define BITS 64
#include "body.h"
#undef WIDTH
#undef TARGET
#endif

int nmf_interface(void) { return INTERFACE; }

/* Whether the functions whose names end in _avx2 exist and this processor can run them. */
int nmf_wide(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
}
