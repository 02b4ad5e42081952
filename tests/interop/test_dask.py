"""Losses of Dask arrays: threads of this process, and workers that are processes of their own."""

import io
import os
import subprocess
import sys
import threading
import weakref

import fastloss as fl
import numpy as np
import pytest

from tests import cases
from tests.interop.pages import run_page

dask = pytest.importorskip("dask", reason="Dask is not installed: pip install dask")
da = pytest.importorskip("dask.array", reason="dask.array is not installed")
distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")

from dask.diagnostics import Callback, ProgressBar  # noqa: E402
from fastloss.dask import evaluate, stream  # noqa: E402

CASES = cases.plain_cases()
BLOCK = 2048


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    """Dask's default scheduler, for the length of a test."""
    with distributed.Client(cluster) as client:
        yield client


def arrays_of(case, n=4 * BLOCK + 77, dtype=np.float32):
    """Return the inputs of a case, and the same in chunks; classes and features in two."""
    inputs = cases.draw(case, (n,), dtype=dtype)
    axis = case.option("axis", -1)
    cut = []
    for x in inputs:
        sizes = [2 * BLOCK if n == size else 3 for size in x.shape]
        assert x.ndim == 1 or sizes[axis] == 3
        cut.append(da.from_array(x, chunks=tuple(sizes)))
    return inputs, cut


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_bits_of_one_call(case, weighted):
    inputs, cut = arrays_of(case)
    weight = cases.weights((4 * BLOCK + 77,)) if weighted else None
    given = None if weight is None else da.from_array(weight, chunks=1000)
    for reduction in ("mean", "sum"):
        whole = case.loss(*inputs, sample_weight=weight, reduction=reduction)
        for scheduler in ("threads", "synchronous"):
            with dask.config.set(scheduler=scheduler):
                parts = evaluate(case.loss, *cut, sample_weight=given, reduction=reduction)
            assert parts == whole


def test_workers_that_are_processes_give_the_bits_of_one_call(client):
    pids = set(client.run(os.getpid).values())
    assert len(pids) == 2
    assert os.getpid() not in pids
    lazy, wanted = [], []
    for case in CASES:
        inputs, cut = arrays_of(case)
        weight = cases.weights((4 * BLOCK + 77,))
        wanted.append(case.loss(*inputs, sample_weight=weight))
        lazy.append(stream(case.loss, *cut, sample_weight=weight, compute=False))
    for k in range(0, len(lazy), 8):  # graphs that hold their arrays: not too many at once
        futures = client.compute(lazy[k : k + 8])
        distributed.wait(futures)
        assert [x.value for x in client.gather(futures)] == wanted[k : k + 8]
    assert evaluate(case.loss, *cut, sample_weight=weight) == wanted[-1]


def test_an_error_of_a_worker_names_the_chunk(client):
    target = np.zeros(9000, int)
    target[5000] = 4
    pred = da.zeros((9000, 4), chunks=(4096, 4))
    loss = fl.SparseCategoricalCrossEntropy(from_logits=True)
    for inputs in ((pred, target), (pred.rechunk((4096, 2)), da.from_array(target, chunks=100))):
        with pytest.raises(fl.LabelError, match=r"target\[904\] is 4.*chunk \[4096:8192\]"):
            evaluate(loss, *inputs)


def test_the_place_of_a_chunk_has_all_its_axes():
    pred = np.full((10, 9), 0.5)
    pred[7, 5] = 1.5
    with pytest.raises(fl.DomainError, match=r"pred\[1, 1\] is 1.5.*chunk \[6:9, 4:8\]"):
        evaluate(fl.BinaryCrossEntropy(), da.from_array(pred, chunks=(3, 4)), np.zeros((10, 9)))


def test_few_chunks_are_alive_at_once():
    alive, most, lock = weakref.WeakSet(), [0], threading.Lock()

    def chunk(k):
        x = np.full(BLOCK, float(k)).view(Tracked)
        with lock:
            alive.add(x)
            most[0] = max(most[0], len(alive))
        return x

    n = 200
    parts = [da.from_delayed(dask.delayed(chunk)(k), (BLOCK,), float) for k in range(n)]
    pred = da.concatenate(parts)
    with dask.config.set(scheduler="threads", num_workers=2):
        mean = evaluate(fl.MeanAbsoluteError(), pred, da.zeros(n * BLOCK, chunks=BLOCK))
    assert mean == np.arange(n).mean()
    assert 1 <= most[0] <= 8  # two workers, each with a chunk in hand and a few about to go


class Tracked(np.ndarray):
    """An array that can be referred to weakly and hashed."""

    __hash__ = object.__hash__


def test_what_inputs_share_is_computed_once():
    calls, lock = [], threading.Lock()

    def read(block):
        with lock:
            calls.append(len(block))
        return block

    source = da.ones((6 * BLOCK, 2), chunks=(BLOCK, 2)).map_blocks(read, meta=np.empty((0, 2)))
    losses = fl.MeanSquaredError(), fl.Huber()
    parts = [stream(k, source[:, 0], 3 * source[:, 1], compute=False) for k in losses]
    assert not calls  # lazy so far
    squared, huber = dask.compute(*parts)
    assert (squared.value, huber.value) == (4.0, 1.5)
    assert calls == [BLOCK] * 6


def test_progress_is_seen_by_the_bar_of_dask():
    done = []
    pred = da.ones(40 * BLOCK, chunks=BLOCK)
    out = io.StringIO()
    with ProgressBar(out=out, dt=0.01), Callback(posttask=lambda key, *rest: done.append(key)):
        assert evaluate(fl.MeanSquaredError(), pred, pred) == 0.0
    assert "100% Completed" in out.getvalue()
    assert len(done) >= 40


def test_more_chunks_than_one_merge_takes():
    n = 32 * 32 + 5
    x = np.arange(n, dtype=float)
    total = stream(fl.MeanAbsoluteError(), da.from_array(x, chunks=1), da.zeros(n, chunks=1))
    assert total.weight == n
    assert total.value == x.mean()
    again = fl.MeanAbsoluteError().stream()
    again.update([n], [0])
    assert total.merge(again).value == np.arange(n + 1).mean()


def test_vectors_of_parameters_see_their_whole_axis():
    rng = np.random.default_rng(0)
    pred, target = rng.normal(size=(BLOCK, 4)), rng.integers(0, 2, (BLOCK, 4))
    loss = fl.BinaryCrossEntropy(from_logits=True, pos_weight=[1.0, 2.0, 3.0, 4.0])
    assert evaluate(loss, da.from_array(pred, chunks=(512, 2)), target) == loss(pred, target)
    plain = fl.BinaryCrossEntropy(from_logits=True)
    value = evaluate(plain, da.from_array(pred, chunks=(512, 2)), target)
    assert abs(value - plain(pred, target)) <= np.spacing(value)


def test_weights_of_fewer_axes():
    rng = np.random.default_rng(1)
    pred, target = rng.normal(size=(2048, 6)), rng.normal(size=(2048, 6))
    loss, cut = fl.Huber(), da.from_array(pred, chunks=(1024, 6))
    for shape in ((6,), (1, 6), (2048, 1), (1,), ()):
        weight = rng.random(shape)
        whole = loss(pred, target, sample_weight=weight)
        assert evaluate(loss, cut, target, sample_weight=weight) == whole


def test_what_is_not_of_dask_is_taken_too(tmp_path):
    x = np.arange(3 * BLOCK, dtype=np.float32)
    x.tofile(tmp_path / "x")
    mapped = np.memmap(tmp_path / "x", np.float32, "r")
    wanted = fl.MeanSquaredError()(x, np.zeros_like(x))
    with dask.config.set({"array.chunk-size": f"{4 * BLOCK} B"}):
        for pred in (x, mapped, da.from_array(x, chunks=BLOCK)):
            assert evaluate(fl.MeanSquaredError(), pred, np.zeros_like(x)) == wanted
    assert evaluate(fl.MeanSquaredError(), x.tolist(), da.zeros(3 * BLOCK)) == np.mean(
        x.astype(float) ** 2
    )
    assert evaluate(fl.MeanSquaredError(), 3.0, 1.0) == 4.0


def test_no_terms():
    assert np.isnan(evaluate(fl.Huber(), da.zeros(0), da.zeros(0)))
    assert evaluate(fl.Huber(), da.zeros(0), da.zeros(0), reduction="sum") == 0.0


def test_bad_input():
    loss, x = fl.Huber(), da.zeros(10, chunks=4)
    rows = fl.SparseCategoricalCrossEntropy(from_logits=True)
    for error, words, call in (
        (fl.ShapeError, r"target has shape \(9,\)", lambda: evaluate(loss, x, x[:9])),
        (fl.ShapeError, r"target has shape \(10, 1\)", lambda: evaluate(loss, x, x[:, None])),
        (fl.ShapeError, r"takes 2 arrays \(pred, target\), 1", lambda: evaluate(loss, x)),
        (fl.ShapeError, "compute_chunk_sizes", lambda: evaluate(loss, x[x > 0], x)),
        (fl.ShapeError, "compute_chunk_sizes", lambda: evaluate(loss, x, x[x > 0])),
        (fl.ShapeError, "no axis -1", lambda: evaluate(rows, 3.0, 1)),
        (
            fl.ShapeError,
            r"sample_weight has shape \(9,\), the loss terms have shape \(10,\)",
            lambda: evaluate(loss, x, x, sample_weight=np.ones(9)),
        ),
        (fl.ShapeError, "weight", lambda: evaluate(loss, x, x, sample_weight=np.ones((2, 10)))),
        (
            fl.ShapeError,
            r"for one per row pass sample_weight\[:, None\]",
            lambda: evaluate(loss, da.zeros((4, 3)), da.zeros((4, 3)), sample_weight=np.ones(4)),
        ),
        (fl.DomainError, "weight", lambda: evaluate(loss, x, x, sample_weight=-np.ones(10))),
        (fl.DTypeError, "complex", lambda: evaluate(loss, x, x * 1j)),
        (fl.ParameterError, "'none'", lambda: evaluate(loss, x, x, reduction="none")),
        (fl.ParameterError, "n_threads", lambda: evaluate(loss, x, x, n_threads=0)),
    ):
        with pytest.raises(error, match=words):
            call()


def test_a_wrong_dtype_is_found_before_a_task_runs():
    ran = []

    def read(block):
        ran.append(block)
        return block

    def lazily(dtype, shape=(8,)):
        source = da.ones(shape, dtype=dtype, chunks=4)
        return source.map_blocks(read, dtype=dtype, meta=np.empty((0,) * len(shape), dtype))

    rows = fl.SparseCategoricalCrossEntropy(from_logits=True)
    good, scores = lazily(np.float32), lazily(np.float32, (8, 4))
    for words, loss, inputs, weight in (
        ("pred has dtype int64", fl.Huber(), (lazily(np.int64), good), None),
        ("target has dtype complex64", fl.Huber(), (good, lazily(np.complex64)), None),
        ("target has dtype object", fl.Huber(), (good, lazily(object)), None),
        ("target has dtype float32", rows, (scores, good), None),
        ("sample_weight has dtype complex64", fl.Huber(), (good, good), lazily(np.complex64)),
    ):
        with pytest.raises(fl.DTypeError, match=words) as caught:
            stream(loss, *inputs, sample_weight=weight, compute=False)
        assert "chunk" not in str(caught.value)
    assert not ran
    assert evaluate(rows, scores, lazily(np.int8)) == rows(
        np.ones((8, 4), np.float32), np.ones(8, int)
    )
    assert ran


def test_without_dask_the_error_says_what_to_install():
    code = "import sys; sys.modules['dask'] = None; import fastloss.dask"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: fastloss.dask needs Dask" in ran.stderr
    assert 'pip install "dask[array,distributed]>=2024.1"' in ran.stderr


def test_the_page():
    found = run_page("dask")
    pred, target = dask.compute(found["pred"], found["target"])
    whole = fl.MeanSquaredError()(pred, target)
    assert abs(found["error"] - whole) <= np.spacing(whole)
    assert found["absolute"].value < 0.1 < found["squared"].value ** 0.5 * 1.01
