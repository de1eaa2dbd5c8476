"""The inner loops of a factorization: products with V, sums over factors, threads, and the C code that does most of it.

library     loads the compiled kernels and chooses between them and `reference`
threads     shares work between threads, and holds the BLAS to one
products    W'V, V H', X X' and <A, B>; the update steps are in `nmf_topics.factor.steps`
reference   the same in numpy and scipy
"""

from nmf_topics.factor.kernels.library import TYPES as TYPES
from nmf_topics.factor.kernels.library import Array as Array
from nmf_topics.factor.kernels.library import backend_name as backend_name
from nmf_topics.factor.kernels.library import compiled as compiled
from nmf_topics.factor.kernels.library import kernel_of as kernel_of
from nmf_topics.factor.kernels.library import supported as supported
from nmf_topics.factor.kernels.library import using as using
from nmf_topics.factor.kernels.library import warn_if_missing as warn_if_missing
from nmf_topics.factor.kernels.products import Entries as Entries
from nmf_topics.factor.kernels.products import VHt as VHt
from nmf_topics.factor.kernels.products import WtV as WtV
from nmf_topics.factor.kernels.products import dot as dot
from nmf_topics.factor.kernels.products import gram as gram
from nmf_topics.factor.kernels.products import sum_in_tiles as sum_in_tiles
from nmf_topics.factor.kernels.threads import even_bounds as even_bounds
from nmf_topics.factor.kernels.threads import one_blas_thread as one_blas_thread
from nmf_topics.factor.kernels.threads import parallel_map as parallel_map
from nmf_topics.factor.kernels.threads import parallel_map_dynamic as parallel_map_dynamic
from nmf_topics.factor.kernels.threads import part_count as part_count
from nmf_topics.factor.kernels.threads import thread_count as thread_count
