"""The engines: what each of them owes, whatever becomes of the blocks."""

from __future__ import annotations

import logging
import operator
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from nmf_topics.errors import EngineError, MissingExtra
from nmf_topics.factor.blocks import PageBlocks, as_blocks, as_linear_operator, sum_of_squares
from nmf_topics.factor.engines.disk import OnDisk, to_disk
from nmf_topics.factor.factorize import factorize
from nmf_topics.factor.project import project

pytestmark = pytest.mark.loopback  # the cluster's processes talk to each other


def random_matrix(rng: np.random.Generator) -> Any:
    """60 x 90, sparse, with a page and a term of zeros."""
    dense = rng.random((60, 90)) * (rng.random((60, 90)) < 0.3)
    dense[:, 12] = dense[3] = 0.0
    return sp.csc_matrix(dense)


V = random_matrix(np.random.default_rng(4))
ENGINES = ["memory", "memory, dense", "disk", "disk, dense", "disk, one page a block"]


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, OnDisk]:
    """V on disk, cut in several ways."""
    folder = tmp_path_factory.mktemp("blocks")
    return {
        "disk": to_disk(V, folder / "a", columns=37),
        "disk, dense": to_disk(V.toarray(), folder / "b", columns=20),
        "disk, one page a block": to_disk(V, folder / "c", columns=1),
        "dask": to_disk(V, folder / "d", columns=25),
    }


@pytest.fixture(scope="module")
def cluster(stores: dict[str, OnDisk]) -> Iterator[Any]:
    """V on the two workers of a cluster on this machine."""
    distributed = pytest.importorskip("distributed")
    assert distributed
    from nmf_topics.factor.engines.cluster import DaskBlocks

    blocks = DaskBlocks(stores["dask"], workers=2, timeout=60)
    yield blocks
    blocks.close()


@pytest.fixture(params=[*ENGINES, pytest.param("dask", marks=pytest.mark.slow)])
def blocks(request: pytest.FixtureRequest, stores: dict[str, OnDisk]) -> PageBlocks:
    """V on each engine."""
    if request.param == "dask":
        return request.getfixturevalue("cluster")
    if request.param in stores:
        return stores[request.param]
    return as_blocks(V.toarray() if "dense" in request.param else V)


def dense_of(block: Any, Hj: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a block and what comes with it are; at module level, so that a worker finds it by its name."""
    return block.toarray() if sp.issparse(block) else np.array(block), Hj, W


class TestEngine:
    """What every engine owes: to the caller it is V, and its answers are those of V in memory."""

    def test_is_let_in(self, blocks: PageBlocks) -> None:
        """The door lets an engine through as it is, with the shape and type of V."""
        assert isinstance(blocks, PageBlocks)
        assert as_blocks(blocks) is blocks
        assert (blocks.shape, blocks.dtype) == ((60, 90), np.float64)

    def test_map(self, blocks: PageBlocks) -> None:
        """Blocks come in order and cover V once; split arrays come cut like V, shared ones whole."""
        H, W = np.arange(180.0).reshape(2, 90), np.arange(120.0).reshape(60, 2)
        seen = np.zeros(V.shape)
        end = 0
        for columns, (block, Hj, whole) in blocks.map(_by_value(dense_of), split=(H,), shared=(W,)):
            assert columns.start == end
            end = columns.stop
            seen[:, columns] = block
            np.testing.assert_array_equal(Hj, H[:, columns])
            np.testing.assert_array_equal(whole, W)
        assert end == 90
        np.testing.assert_array_equal(seen, V.toarray())

    def test_may_be_left_in_the_middle(self, blocks: PageBlocks) -> None:
        """A walk that is not ended leaves nothing behind that spoils the next."""
        for _ in blocks.map(_by_value(operator.attrgetter("shape"))):
            break
        assert {shape[0] for _, shape in blocks.map(_by_value(operator.attrgetter("shape")))} == {60}
        assert sum_of_squares(blocks) == pytest.approx(V.multiply(V).sum(), rel=1e-14)

    def test_products(self, blocks: PageBlocks, rng: np.random.Generator) -> None:
        """Products with V and V' are those of numpy."""
        linear, X, Y = as_linear_operator(blocks), rng.random((90, 3)), rng.random((60, 3))
        np.testing.assert_allclose(linear @ X, V @ X, rtol=1e-12)
        np.testing.assert_allclose(linear.T @ Y, V.T @ Y, rtol=1e-12)

    @pytest.mark.slow
    @pytest.mark.parametrize("penalties", [{}, {"l1_words": 0.001, "l1_pages": 0.01}], ids=["", "penalties"])
    @pytest.mark.parametrize(
        ("objective", "rule"), [("frobenius", "amu"), ("frobenius", "hals"), ("kl", "mu"), ("frobenius", "mu")]
    )
    def test_factorize(self, objective: str, rule: str, penalties: dict[str, float], blocks: PageBlocks) -> None:
        """WH and the trace agree to 1e-8 after 12 iterations, the error never grows, and so do weights of pages."""
        options: dict[str, Any] = {"objective": objective, "rule": rule, "start": "random", "tolerance": 0, **penalties}
        result, reference = (factorize(place, 4, max_iter=12, **options) for place in (blocks, V))
        np.testing.assert_allclose(result.W @ result.H, reference.W @ reference.H, atol=1e-8)
        np.testing.assert_allclose(result.trace, reference.trace, atol=1e-8)
        assert (np.diff(result.trace) <= 1e-12).all()
        H, errors = project(blocks, reference.W, objective=objective, rule=rule)
        expected_H, expected_errors = project(V, reference.W, objective=objective, rule=rule)
        np.testing.assert_allclose(H, expected_H, atol=1e-8)
        np.testing.assert_allclose(errors, expected_errors, atol=1e-8)  # nan where the page is zero, in both

    @pytest.mark.slow
    def test_default_fit(self, blocks: PageBlocks) -> None:
        """From its own start, a fit ends at the same WH to 1e-6."""
        result, reference = (factorize(place, 3, max_iter=25, tolerance=0) for place in (blocks, V))
        np.testing.assert_allclose(result.W @ result.H, reference.W @ reference.H, atol=1e-6)

    @pytest.mark.slow
    def test_again_the_same_bytes(self, blocks: PageBlocks) -> None:
        """Blocks are summed in their order, whichever is done first: two fits are equal to the last bit."""
        first, second = (factorize(blocks, 3, start="random", max_iter=8, tolerance=0) for _ in range(2))
        assert first.W.tobytes() == second.W.tobytes()
        assert first.H.tobytes() == second.H.tobytes()

    def test_an_error_in_a_block_comes_through(self, blocks: PageBlocks) -> None:
        """What goes wrong in the function is what the caller sees."""
        with pytest.raises(AttributeError, match="no_such_thing"):
            list(blocks.map(_by_value(operator.attrgetter("no_such_thing"))))


def _by_value(fn: Callable[..., Any]) -> Callable[..., Any]:
    """`fn` so that a worker, which cannot import this file, gets it whole."""
    try:
        import cloudpickle
    except ImportError:
        return fn
    if fn.__module__ == __name__:
        cloudpickle.register_pickle_by_value(sys.modules[__name__])
    return fn


class TestDisk:
    """What is particular to blocks of files."""

    def test_each_block_is_given_back_before_the_next(self, stores: dict[str, OnDisk]) -> None:
        """Never are two blocks mapped at the same time."""
        if not Path("/proc/self/maps").exists():
            pytest.skip("the system does not say what is mapped")

        def mapped(block: Any) -> int:
            return sum(".bin" in line for line in Path("/proc/self/maps").read_text().splitlines())

        assert [count for _, count in stores["disk"].map(mapped)] == [1, 1, 1]

    @pytest.mark.slow
    def test_block_size_changes_rounding_only(self, stores: dict[str, OnDisk]) -> None:
        """Other blocks, other order of the sums: WH agrees to 1e-10 after 40 iterations."""
        one, other = (
            factorize(stores[name], 3, max_iter=40, tolerance=0) for name in ("disk", "disk, one page a block")
        )
        np.testing.assert_allclose(one.W @ one.H, other.W @ other.H, atol=1e-10)


@pytest.mark.slow
class TestDask:
    """What is particular to a cluster."""

    def test_is_the_disk_to_the_last_bit(self, cluster: Any, stores: dict[str, OnDisk]) -> None:
        """The same blocks, summed in the same order."""
        far, near = (factorize(V, 3, start="random", max_iter=10, tolerance=0) for V in (cluster, stores["dask"]))
        assert far.W.tobytes() == near.W.tobytes()

    def test_lost_workers_cost_nothing_but_time(self, cluster: Any, stores: dict[str, OnDisk]) -> None:
        """Both workers are killed outright, one after another in the middle of a fit: the same bytes come out."""
        killed: list[int] = []

        def kill(iteration: Any) -> None:
            if iteration.number in (4, 9):
                victims = [pid for pid in cluster._client.run(os.getpid).values() if pid not in killed]
                os.kill(victims[0], signal.SIGKILL)
                killed.append(victims[0])

        far = factorize(cluster, 3, start="random", max_iter=14, tolerance=0, on_iteration=kill)
        near = factorize(stores["dask"], 3, start="random", max_iter=14, tolerance=0)
        assert len(killed) == 2
        assert far.W.tobytes() == near.W.tobytes()
        assert far.H.tobytes() == near.H.tobytes()

    def test_its_loggers_are_silent(self, cluster: Any) -> None:
        """Lost workers and schedulers are reported in one message; distributed would log a traceback for each."""
        names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
        assert "distributed.client" in names
        assert all(not logging.getLogger(name).isEnabledFor(logging.ERROR) for name in names)

    def test_a_cluster_that_runs_already(self, cluster: Any, stores: dict[str, OnDisk]) -> None:
        """Its scheduler is found by its address, and goes on when it is left."""
        from nmf_topics.factor.engines.cluster import DaskBlocks

        address = cluster._client.scheduler.address
        other = DaskBlocks(stores["disk"], address, timeout=60)
        assert sum_of_squares(other) == pytest.approx(V.multiply(V).sum(), rel=1e-14)
        other.close()
        assert cluster.workers >= 1

    @pytest.mark.parametrize(
        ("address", "message"),
        [
            ("tcp://127.0.0.1:9", "the scheduler at tcp://127.0.0.1:9 cannot be reached within 1 s"),
            ("nonsense", "missing port number"),
            ("foo://127.0.0.1:8786", "unknown address scheme"),
        ],
    )
    def test_nobody_there(self, address: str, message: str, stores: dict[str, OnDisk]) -> None:
        """A scheduler that does not answer, or an address that is none, is said within the time given."""
        pytest.importorskip("distributed")
        from nmf_topics.factor.engines.cluster import DaskBlocks

        began = time.monotonic()
        with pytest.raises(EngineError, match=message):
            DaskBlocks(stores["disk"], address, timeout=1)
        assert time.monotonic() - began < 20

    def test_a_worker_is_no_scheduler(self, cluster: Any, stores: dict[str, OnDisk]) -> None:
        """Who names a worker is told."""
        from nmf_topics.factor.engines.cluster import DaskBlocks

        with pytest.raises(EngineError, match="it is a worker"):
            DaskBlocks(stores["disk"], next(iter(cluster._client.nthreads())), timeout=20)

    def test_workers_that_do_not_see_the_folder(self, cluster: Any, tmp_path: Path) -> None:
        """The same path with other contents, as on a machine that does not share it."""
        from nmf_topics.factor.engines.cluster import DaskBlocks

        store = to_disk(V, tmp_path / "x", columns=30)
        (tmp_path / "x").rename(tmp_path / "y")
        with pytest.raises(EngineError, match=r"does not see V: .* is no folder of blocks.*share"):
            DaskBlocks(store, cluster._client.scheduler.address, timeout=60)

    def test_a_damaged_block_is_said_by_the_worker(self, cluster: Any, tmp_path: Path) -> None:
        """And comes back as what it is."""
        from nmf_topics.factor.engines.cluster import DaskBlocks

        store = to_disk(V, tmp_path / "x", columns=30)
        path = tmp_path / "x" / "part-00001.bin"
        path.write_bytes(path.read_bytes()[:-64] + bytes(range(64)))
        other = DaskBlocks(store, cluster._client.scheduler.address, timeout=60)
        with pytest.raises(EngineError, match=r"part-00001.bin is damaged"):
            sum_of_squares(other)
        other.close()

    def test_without_dask(self, stores: dict[str, OnDisk], monkeypatch: pytest.MonkeyPatch) -> None:
        """It is said what to install."""
        from nmf_topics.factor.engines import cluster

        monkeypatch.setitem(sys.modules, "distributed", None)
        with pytest.raises(MissingExtra, match=r"nmf-topics\[dask\]"):
            cluster.DaskBlocks(stores["disk"])
