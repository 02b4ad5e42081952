"""Losses over chunks: the bits of one call, whatever the order, the merges and the threads."""

import itertools
import pickle
import threading

import fastloss as fl
import numpy as np
import pytest
from fastloss import _core

from tests import cases

CASES = cases.cases_of_each_kind()
BLOCK = 2048  # terms of an elementwise loss that are summed together


def chunks_of(case, inputs, cuts):
    """Cut the inputs along the axis of the loss terms."""
    axis = [int(case.option("axis", -1) == 0 and x.ndim > 1) for x in inputs]
    edges = [0, *cuts, inputs[0].shape[axis[0]]]
    for low, high in itertools.pairwise(edges):
        yield (
            [x[:, low:high] if a else x[low:high] for x, a in zip(inputs, axis, strict=True)],
            slice(low, high),
        )


def exact_cuts(case):
    return (BLOCK, 3 * BLOCK, 4 * BLOCK) if case.row["room"] == "pointwise" else (1, 700, 701)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_bits_of_one_call(case, weighted, reduction):
    n = 4 * BLOCK + 77 if case.row["room"] == "pointwise" else 1500
    inputs = cases.draw(case, (n,), dtype=np.float32)
    weight = cases.weights((n,)) if weighted else None
    whole = case.loss(*inputs, sample_weight=weight, reduction=reduction)
    parts = list(chunks_of(case, inputs, exact_cuts(case)))
    for order in (parts, parts[::-1]):
        stream, other = case.loss.stream(reduction), case.loss.stream(reduction)
        for k, (chunk, place) in enumerate(order):
            given = None if weight is None else weight[place]
            (other if k % 2 else stream).update(*chunk, sample_weight=given, n_threads=1 + k)
        assert stream.merge(pickle.loads(pickle.dumps(other))).value == whole


@pytest.mark.parametrize("case", CASES, ids=str)
def test_any_chunks_within_an_ulp(case):
    inputs = cases.draw(case, (5000,), dtype=np.float32)
    whole = case.loss(*inputs)
    stream = case.loss.stream()
    for chunk, _ in chunks_of(case, inputs, (1, 2, 400, 401, 3333)):
        stream.update(*chunk)
    assert abs(stream.value - whole) <= np.spacing(abs(whole))


def test_nothing_yet():
    assert np.isnan(fl.Huber().stream().value)
    assert fl.Huber().stream("sum").value == 0.0
    stream = fl.Huber().stream()
    stream.update([], [])
    stream.update([1.0], [0.0], sample_weight=[0.0])
    assert np.isnan(stream.value)
    assert stream.weight == 0.0


def test_ignored_rows_and_class_weights_count_as_in_one_call():
    loss = fl.SparseCategoricalCrossEntropy(
        from_logits=True, class_weight=[1.0, 0.5, 3.0], ignore_index=2
    )
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(600, 3)), rng.integers(0, 3, 600)
    stream = loss.stream()
    stream.update(x[:250], y[:250])
    stream.update(x[250:], y[250:])
    assert stream.value == loss(x, y)
    assert stream.weight == float(np.array([1.0, 0.5, 0.0])[y].sum())


def test_infinite_and_nan_terms():
    for terms, wanted in (
        ([np.inf], np.inf),
        ([np.nan], np.nan),
        ([np.inf, np.nan], np.nan),
        ([1e300], np.inf),
    ):
        stream = fl.MeanSquaredError().stream("sum")
        stream.update(terms, np.zeros(len(terms)))
        stream.update([2.0], [0.0])
        again = pickle.loads(pickle.dumps(stream))
        np.testing.assert_equal([stream.value, again.value], [wanted, wanted])


def test_tiny_terms_beside_huge_ones_are_kept():
    stream = fl.MeanAbsoluteError().stream("sum")
    for x in (1e300, 2.0**-600, 1.0):
        stream.update([x], [0.0])
    rest = fl.MeanAbsoluteError().stream("sum")
    for _ in range(3):
        rest.update([2.0**-600], [0.0])
    assert rest.value == 3 * 2.0**-600
    assert stream.merge(rest).value == 1e300


def test_a_chunk_that_raises_adds_nothing():
    loss = fl.SparseCategoricalCrossEntropy(from_logits=True)
    stream = loss.stream()
    stream.update(np.zeros((5, 4)), [0, 1, 2, 3, 0])
    before = stream.value, stream.weight, pickle.dumps(stream)
    with pytest.raises(fl.LabelError, match="4"):
        stream.update(np.ones((5000, 4)), [*[0] * 4999, 4])
    with pytest.raises(fl.ShapeError, match="SparseCategoricalCrossEntropy"):
        stream.update(np.ones((5, 4)), [0, 1])
    with pytest.raises(fl.DTypeError):
        stream.update(np.ones((5, 4), complex), [0] * 5)
    with pytest.raises(fl.DomainError):
        stream.update(np.ones((2, 4)), [0, 0], sample_weight=[1.0, -1.0])
    with pytest.raises(fl.ParameterError):
        stream.update(np.ones((2, 4)), [0, 0], n_threads=0)
    assert (stream.value, stream.weight, pickle.dumps(stream)) == before


def test_streams_of_other_losses_are_refused():
    stream = fl.Huber(delta=2.0).stream()
    for other in (fl.Huber().stream(), fl.MeanSquaredError().stream(), 3.0, None):
        with pytest.raises(fl.ParameterError, match=r"Huber\(delta=2.0\)"):
            stream.merge(other)
    with pytest.raises(fl.ParameterError, match="'none'"):
        fl.Huber().stream("none")


def test_merging_with_itself_doubles():
    stream = fl.MeanSquaredError().stream("sum")
    stream.update([3.0], [0.0])
    assert stream.merge(stream).value == 18.0


def test_equal_totals_have_equal_pickles():
    a, b = fl.MeanAbsoluteError().stream(), fl.MeanAbsoluteError().stream()
    for x, y in ((3.0, 1e10), (1e-10, 1e-10), (1e10, 3.0)):
        a.update([x], [0.0])
        b.update([y], [0.0])
    assert pickle.dumps(a) == pickle.dumps(b)


@pytest.mark.parametrize("state", [b"", b"\0" * 1135, b"\xff" * 1136, b"\1\0\0\0\1" + b"\0" * 1131])
def test_a_broken_pickle_is_refused(state):
    with pytest.raises(fl.ParameterError, match="Totals"):
        _core.Totals().__class__.__setstate__(_core.Totals.__new__(_core.Totals), state)


def test_several_threads_at_once():
    stream = fl.MeanAbsoluteError().stream("sum")
    x = np.arange(1.0, 5001.0)

    def work():
        for _ in range(50):
            stream.update(x, np.zeros_like(x), n_threads=1)

    team = [threading.Thread(target=work) for _ in range(4)]
    for thread in team:
        thread.start()
    for thread in team:
        thread.join()
    assert stream.value == 200 * x.sum()
    assert stream.weight == 200 * len(x)


def test_repr_says_what_was_seen():
    stream = fl.MeanSquaredError().stream()
    stream.update([2.0], [0.0])
    assert repr(stream) == "<Stream of MeanSquaredError(): mean 4.0, weight 1.0>"
