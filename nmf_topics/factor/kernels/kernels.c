/* The inner loops of a factorization, for 32 and 64 bit numbers, and for AVX2 where the processor has it.

   The build hook (hatch_build.py) compiles this file into a plain shared library; kernels.py loads it, takes the functions
   whose names end in _avx2 or _plain, shares rows out between threads and falls back to numpy and scipy where there is no
   library. Nothing here allocates but small scratch, keeps state, or knows Python. The kernels themselves are in
   body.h and divergence.h. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

typedef int64_t i64;
typedef int32_t i32;

#define INTERFACE 5 /* raised whenever a function changes; kernels.py loads no other */
#define AHEAD 12    /* entries of V between the fetching of a row and its use */
#define MOST 13     /* vectors that are held in the 16 registers of AVX2 */
/* do(n) for the n that x is, a constant there, so that the compiler unrolls what depends on it. */
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

/* The first position from `from` to `to` whose term is `term` or a later one. */
static inline i64 seek(const i32 *idx, i64 from, i64 to, i64 term)
{
    if (from == to || idx[from] >= term) return from; /* as for all pages where one thread has all terms */
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

/* Whether the functions whose names end in _avx2 are there and can run here. */
int nmf_wide(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
}
