/* The inner loops of a factorization, for 32 and 64 bit numbers, and for AVX2 where the processor has it.

   The build hook (hatch_build.py) compiles this file into a plain shared library; kernels.py loads it, takes the functions
   whose names end in _avx2 or _plain, shares rows out between threads and falls back to numpy and scipy where there is no
   library. Nothing here allocates but small scratch, keeps state, or knows Python. The kernels themselves are in
   kernels_body.h. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

typedef int64_t i64;
typedef int32_t i32;

#define INTERFACE 2 /* raised whenever a function changes; kernels.py loads no other */
#define AHEAD 12    /* entries of V between the fetching of a row and its use */
#define MOST 13     /* vectors that are held in the 16 registers of AVX2 */
#define EACH_CASE \
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13)

#define UNROLL _Pragma("GCC unroll 16")
#define INLINE TARGET static inline __attribute__((always_inline))
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define NAME(name) JOIN(name, SUFFIX)

/* The first position from `from` to `to` whose term is `term` or a later one. */
static inline i64 seek(const i32 *idx, i64 from, i64 to, i64 term)
{
    while (from < to) {
        const i64 middle = from + (to - from) / 2;
        if (idx[middle] < term) from = middle + 1;
        else to = middle;
    }
    return from;
}

#define REAL float
#define TARGET
#define SUFFIX f32_plain
#include "kernels_body.h"
#undef REAL
#undef SUFFIX
#define REAL double
#define SUFFIX f64_plain
#include "kernels_body.h"
#undef REAL
#undef SUFFIX
#undef TARGET

#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,fma")))
#define REAL float
#define SUFFIX f32_avx2
#include "kernels_body.h"
#undef REAL
#undef SUFFIX
#define REAL double
#define SUFFIX f64_avx2
#include "kernels_body.h"
#undef REAL
#undef SUFFIX
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
