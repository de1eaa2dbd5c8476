"""Compiled kernels against the reference and against loops; the same bytes from any number of threads; falling back."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits

from nmf_topics.factor import kernels, steps
from nmf_topics.factor.blocks import AT_ONCE, as_blocks
from nmf_topics.factor.factorize import factorize
from nmf_topics.factor.kernels import library, products, reference
from nmf_topics.factor.project import project
from nmf_topics.files.system import processors

Array = NDArray[Any]

compiled = pytest.mark.skipif(kernels.backend_name() == "numpy and scipy", reason="installed without a C compiler")
# around every border: fewer than a vector, one vector, its neighbours, the most that registers hold, panels beyond
RANKS = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 50, 52, 53, 100, 104, 105, 209)
TOLERANCE = {np.dtype(np.float32): 3e-6, np.dtype(np.float64): 1e-13}
M, N = 60, 170


def problem(r: int, dtype: type, rng: np.random.Generator) -> tuple[Any, Array, Array]:
    """V (with a blank page and a blank term, and the last term on the last page), W and H, some entries zero."""
    V = (rng.random((M, N)) * (rng.random((M, N)) < 0.2)).astype(dtype)
    V[:, 3] = V[7] = 0.0
    V[-1, -1] = 1.0
    W, H = ((rng.random(shape) * (rng.random(shape) < 0.8)).astype(dtype) for shape in ((M, r), (r, N)))
    return sp.csc_matrix(V), W, np.asfortranarray(H)


def everything(V: Any, W: Array, H: Array, module: Any = None) -> dict[str, Array]:
    """What every kernel makes of one problem, or one of `reference`."""
    module, rules = module or kernels, module or steps
    AtB, AtA = reference.WtV(V, W), W.T @ W
    moved, R, cost = rules.kl(V, W, H)
    return {
        "WtV": module.WtV(V, W),
        "VHt": module.VHt(V, H),
        "mu": rules.mu(H, AtB, AtA, l1=0.01, steps=3),
        "hals": rules.hals(H, AtB, AtA, l1=0.01, steps=2),
        "dot": np.array(module.dot(H, AtB)),
        "kl H": moved,
        "kl R": R.data,
        "ratio": rules.ratio(V, W, H).data,
        "kl cost": np.array(cost),
    }


@compiled
@pytest.mark.parametrize("which", ["compiled", "plain"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("r", RANKS)
def test_compiled_is_the_reference(r: int, dtype: type, which: str, rng: np.random.Generator) -> None:
    """With and without AVX2, every kernel computes what numpy and scipy do, to rounding that grows with the rank."""
    V, W, H = problem(r, dtype, rng)
    expected = everything(V, W, H, reference)
    with kernels.using(which):
        found = everything(V, W, H)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype, name
        bound = TOLERANCE[np.dtype(dtype)] * (4 + r / 4) * np.abs(array).max()
        np.testing.assert_allclose(found[name], array, rtol=0, atol=bound, err_msg=name)


@pytest.mark.slow
@compiled
@pytest.mark.parametrize("which", ["compiled", "plain"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logarithm(which: str, dtype: type) -> None:
    """The one that is compiled is numpy's to an epsilon or two, over all sizes of numbers and near one."""
    exponents = np.linspace(-120, 120, 20_001) if dtype is np.float32 else np.linspace(-1000, 1000, 20_001)
    x = np.concatenate([2.0**exponents, 1 + np.linspace(-0.4, 0.6, 5_001), 1 + 2.0 ** -np.arange(1.0, 23.0)])
    x = x.astype(dtype)
    one, log = np.ones(1, dtype=dtype), np.log(x.astype(np.float64))
    with kernels.using(which):
        kernel = kernels.kernel_of("cost", x.dtype)
        found = np.array([kernels.sum_in_tiles(kernel, one, x[i : i + 1]) + 1 for i in range(len(x))])
        assert kernels.sum_in_tiles(kernel, one, np.zeros(1, dtype=dtype)) == -1.0  # 0 stands for log 0
    # log x - 1 is what is computed, and 1 is taken off again
    np.testing.assert_allclose(found, log, rtol=2 * np.finfo(dtype).eps, atol=2 * np.finfo(dtype).eps)


@compiled
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("r", [3, 17, 105])
def test_threads_do_not_show(r: int, dtype: type, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """One to seven threads give the same bytes, and so do two halves of the pages for what is of each page alone."""
    monkeypatch.setattr("nmf_topics.factor.kernels.threads.MIN_COST_PER_THREAD", 0)
    monkeypatch.setattr(products, "TILE", 32)
    V, W, H = problem(r, dtype, rng)
    runs = []
    for threads in (1, 2, 3, 7):
        with kernels.using(threads=threads):
            arrays = [*everything(V, W, H).values(), kernels.gram(H)]
        runs.append([array.tobytes() for array in arrays])
    assert runs[0] == runs[1] == runs[2] == runs[3]
    whole, halves = kernels.WtV(V, W), [kernels.WtV(V[:, :77], W), kernels.WtV(V[:, 77:], W)]
    np.testing.assert_array_equal(whole, np.concatenate(halves, axis=1))


@pytest.mark.slow
@pytest.mark.parametrize("which", ["compiled", "reference"])
@pytest.mark.parametrize("objective", ["frobenius", "kl"])
def test_threads_do_not_show_in_pages_on_fixed_topics(
    objective: str, which: str, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages are solved for some at a time, always the same ones, by one to three threads: the same bytes."""
    monkeypatch.setattr("nmf_topics.factor.kernels.threads.MIN_COST_PER_THREAD", 0)
    monkeypatch.setattr("nmf_topics.factor.project.GRAM_ENTRIES", 0)  # 16 pages
    V, W, _ = problem(5, np.float64, rng)
    runs = []
    for threads in (1, 2, 3):
        with kernels.using(which, threads=threads):
            runs.append([array.tobytes() for array in project(V, W, objective=objective)])
    assert runs[0] == runs[1] == runs[2]


def test_work_that_is_shared_out() -> None:
    """Every piece is done once, in its own place, with the kernels of who asked; an error comes through."""
    with kernels.using("reference", threads=3):
        found = kernels.parallel_map_dynamic(
            lambda a, b: (a, b, kernels.backend_name(), kernels.thread_count()), list(range(41))
        )
        assert found == [(i, i + 1, "numpy and scipy", 1) for i in range(40)]
        with pytest.raises(ZeroDivisionError):
            kernels.parallel_map_dynamic(lambda a, b: 1 // (a - 7), list(range(41)))


def test_by_hand() -> None:
    """V = [[1, 0], [2, 3]], W = [[1], [2]], H = [[1, 3]]: W'V = (5, 6), V H' = (1, 11), H H' = 10, <H, W'V> = 23."""
    V, W, H = sp.csc_matrix([[1.0, 0.0], [2.0, 3.0]]), np.array([[1.0], [2.0]]), np.array([[1.0, 3.0]])
    assert kernels.WtV(V, W).tolist() == [[5.0, 6.0]]
    assert kernels.VHt(V, H).tolist() == [[1.0], [11.0]]
    assert kernels.gram(H).tolist() == [[10.0]]
    assert kernels.dot(H, kernels.WtV(V, W)) == 23.0


def test_sums_are_taken_in_64_bits() -> None:
    """A million small numbers beside a large one are not lost, as they would be in 32 bits."""
    X = np.full((1, 2**20), 1e-4, dtype=np.float32)
    X[0, 0] = 30
    exact = 900 + (2**20 - 1) * float(np.float32(1e-4)) ** 2
    assert kernels.dot(X, X) == pytest.approx(exact, rel=1e-12)
    assert reference.dot(X, X) == pytest.approx(exact, rel=1e-12)
    assert kernels.gram(np.asfortranarray(X))[0, 0] == pytest.approx(exact, rel=1e-7)


@pytest.mark.parametrize(
    "form",
    [
        lambda V: V.toarray(),
        lambda V: V.tocsr(),
        lambda V: sp.csc_matrix((V.data, V.indices.astype(np.int64), V.indptr.astype(np.int64)), shape=V.shape),
        lambda V: sp.csc_array(V),
        lambda V: V.astype(np.float32),
    ],
    ids=["dense", "csr", "int64", "csc_array", "other type"],
)
def test_every_form_of_V(form: Callable[[Any], Any], rng: np.random.Generator) -> None:
    """What no compiled loop takes goes through the reference, with the same result."""
    V, W, H = problem(6, np.float64, rng)
    np.testing.assert_allclose(kernels.WtV(form(V), W), W.T @ V.toarray(), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(kernels.VHt(form(V), H), V.toarray() @ H.T, rtol=1e-6, atol=1e-6)
    assert kernels.WtV(form(V), W).flags.f_contiguous
    assert kernels.VHt(form(V), H).flags.c_contiguous


def test_entries_need_no_order(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Terms of a page may stand in any order, on several threads too."""
    monkeypatch.setattr("nmf_topics.factor.kernels.threads.MIN_COST_PER_THREAD", 0)
    V, _, H = problem(9, np.float64, rng)
    shuffled = V.copy()
    for j in range(N):
        order = rng.permutation(np.arange(V.indptr[j], V.indptr[j + 1]))
        shuffled.indices[V.indptr[j] : V.indptr[j + 1]] = V.indices[order]
        shuffled.data[V.indptr[j] : V.indptr[j + 1]] = V.data[order]
    shuffled.has_sorted_indices = False
    with kernels.using(threads=4):
        np.testing.assert_allclose(kernels.VHt(shuffled, H), kernels.VHt(V, H), rtol=1e-14)


def test_very_many_pages_go_in_parts(monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> None:
    """More pages than a step takes at once come block after block, and the factors are the same to rounding."""
    assert AT_ONCE >= 100_000
    V = sp.csc_matrix(rng.random((20, 110)) * (rng.random((20, 110)) < 0.5))
    whole = factorize(V, 4, max_iter=30, tolerance=0)
    monkeypatch.setattr("nmf_topics.factor.blocks.AT_ONCE", 32)
    blocks = as_blocks(V)
    assert [columns for columns, _ in blocks.map(np.shape)] == [slice(a, min(a + 32, 110)) for a in (0, 32, 64, 96)]
    parts = factorize(V, 4, max_iter=30, tolerance=0)
    np.testing.assert_allclose(parts.W @ parts.H, whole.W @ whole.H, atol=1e-9)


# --------------------------------------------------------------------------------------------------- falling back


def python(program: str, folder: Any = None) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh interpreter."""
    settings = {**os.environ, **({"PYTHONPATH": str(folder)} if folder else {})}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=settings)


NO_LIBRARY = """
import ctypes
def refuse(*arguments, **settings): raise OSError("not there")
ctypes.CDLL = refuse
import numpy as np
"""


def test_without_a_library() -> None:
    """Everything works, one line says what is missing and is not said again, and records know."""
    done = python(
        NO_LIBRARY
        + "from nmf_topics.factor import kernels\n"
        + "from nmf_topics.factor.factorize import factorize\n"
        + "for _ in range(3): print(factorize(np.eye(3), 2, max_iter=3).W.shape)\n"
        + "print(kernels.backend_name())"
    )
    assert done.stdout.splitlines() == ["(3, 2)"] * 3 + ["numpy and scipy"]
    assert done.stderr.count("\n") == 1
    assert "no compiled kernels" in done.stderr
    assert "no C compiler when nmf-topics was installed" in done.stderr


@pytest.mark.slow
def test_the_program_says_so_too(tmp_path: Any, tiny_corpus: Any) -> None:
    """`fit` says it in one line on stderr, and under --quiet not at all."""
    program = NO_LIBRARY + "import sys\nfrom nmf_topics.cli.main import main\nmain()"
    for quiet in ([], ["--quiet"]):
        arguments = ["fit", str(tiny_corpus), "-r", "2", "-o", str(tmp_path / "model"), *quiet]
        done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
        assert done.stderr.count("no compiled kernels") == (0 if quiet else 1)


def test_a_library_of_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not used: its functions may take other arguments."""
    monkeypatch.setattr(library, "INTERFACE", library.INTERFACE + 1)
    found = library.Kernels()
    assert found.library is None
    if library.LIBRARY.exists():
        assert "another version" in found.reason


def test_nothing_is_said_where_there_is_one(caplog: pytest.LogCaptureFixture) -> None:
    """With compiled kernels there is nothing to say."""
    if kernels.backend_name() != "numpy and scipy":
        with caplog.at_level(logging.DEBUG):
            factorize(np.eye(3), 2, max_iter=2)
        assert not caplog.records


def test_reference_on_request(rng: np.random.Generator) -> None:
    """`using` turns to the reference and back again, after an error as well."""
    before = kernels.backend_name()
    with kernels.using("reference"):
        assert kernels.backend_name() == "numpy and scipy"
    with pytest.raises(ZeroDivisionError), kernels.using("reference"):
        raise ZeroDivisionError
    assert kernels.backend_name() == before


def test_each_thread_has_its_own_use() -> None:
    """What one thread asks for holds for that thread, also while others ask for something else."""
    inside, seen = threading.Barrier(3, timeout=30), {}

    def ask(which: str, threads: int) -> None:
        with kernels.using(which, threads=threads):
            inside.wait()  # all three are within
            seen[which] = (kernels.backend_name(), kernels.thread_count())
            inside.wait()

    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(ask, "reference", 5), pool.submit(ask, "plain", 6)]
        inside.wait()
        here = kernels.backend_name(), kernels.thread_count()
        inside.wait()
        for job in jobs:
            job.result()
    assert here == (kernels.backend_name(), processors())
    assert seen["reference"] == ("numpy and scipy", 5)
    assert seen["plain"] == (kernels.backend_name().replace(", AVX2", ""), 6)


def test_fits_beside_each_other(rng: np.random.Generator) -> None:
    """Fits in threads, one thread of kernels each, come to the bytes that they come to alone."""
    V = sp.csc_matrix(rng.random((80, 300)) * (rng.random((80, 300)) < 0.3))

    def fit(seed: int) -> bytes:
        with kernels.using(threads=1):
            result = factorize(V, 5, start="random", seed=seed, max_iter=40, tolerance=0)
        return result.W.tobytes() + result.H.tobytes() + result.trace.tobytes()

    alone = [fit(seed) for seed in range(6)]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(fit, range(6))) == alone


def test_the_blas_is_given_back_by_the_last() -> None:
    """Who leaves first leaves the BLAS on one thread for those within; the last one restores what was there."""

    def counts() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    with threadpool_limits(limits=2, user_api="blas"):
        before = counts()
        first, second = kernels.one_blas_thread(), kernels.one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert set(counts()) <= {1}
        second.__exit__(None, None, None)
        assert counts() == before


def test_a_blas_that_is_loaded_later_is_held_too() -> None:
    """scipy brings a BLAS of its own, which is loaded when it is first needed: who enters then holds it as well."""
    script = """
import numpy
from threadpoolctl import threadpool_info
from nmf_topics.factor import kernels
counts = lambda: [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
with kernels.one_blas_thread():
    import scipy.linalg
    with kernels.one_blas_thread():
        assert set(counts()) == {1}, counts()
print(max(counts()))
"""
    many = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}  # what a BLAS begins with
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=many)
    assert int(ended.stdout) == min(2, processors())  # and it is given back


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_after_a_fork() -> None:
    """A forked process has no threads of its parent's, and makes its own."""
    done = python(
        """
import os, warnings, numpy as np
warnings.simplefilter("ignore")  # Python warns of forks beside threads; that is what is tested
from nmf_topics.factor import kernels, steps
kernels.MIN_COST_PER_THREAD = 0
X = np.asfortranarray(np.ones((3, 50)))
with kernels.using(threads=2):
    steps.mu(X, X, np.eye(3))
    child = os.fork()
    if child == 0:
        steps.mu(X, X, np.eye(3))
        os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    )
    assert done.stdout.strip() == "7"
