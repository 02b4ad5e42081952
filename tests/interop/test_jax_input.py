"""What is given to fastloss.jax: halves, wide integers, and arrays of every library."""

import fastloss as fl
import numpy as np
import pytest

from tests import cases

jax = pytest.importorskip("jax", reason="fastloss.jax: JAX is not installed")
import fastloss.jax as door  # noqa: E402
import jax.numpy as jnp  # noqa: E402

from tests.interop.jax_ways import WAYS  # noqa: E402

ROWS = fl.SparseCategoricalCrossEntropy(from_logits=True)
LOGITS = np.zeros((3, 4), np.float32)
LEAD = {"pointwise": (6, cases.CLASSES), "rows": (6,), "pairs": (6,)}


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    monkeypatch.setattr(door, "backend", lambda: request.param)
    return request.param


# Halves ----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
@pytest.mark.parametrize("reduction", ["mean", "none"])
@pytest.mark.parametrize("case", cases.plain_cases(), ids=str)
def test_a_value_of_halves_is_the_same_beside_its_gradient(way, case, reduction, dtype):
    count = case.row["differentiable"]
    inputs = cases.draw(case, LEAD[case.row["room"]], dtype=np.float32)
    inputs = [jnp.asarray(x, dtype) if k < count else x for k, x in enumerate(inputs)]

    def run(*predictions):
        return door.value(case.loss, *predictions, *inputs[count:], reduction=reduction)

    value, pull = jax.vjp(run, *inputs[:count])
    alone = run(*inputs[:count])
    assert value.dtype == alone.dtype
    np.testing.assert_array_equal(value, alone)
    by_hand = door.value_and_grad(case.loss, *inputs, reduction=reduction)[1]
    for got, grad in zip(pull(jnp.ones_like(value)), cases.tuple_of(by_hand), strict=True):
        np.testing.assert_array_equal(got, grad)


def test_a_gradient_of_halves_is_rounded_with_all_its_factors(way):
    x = jnp.full(50_000, 1e-3, jnp.float16)

    def mean(x):
        return door.value(fl.MeanSquaredError(), x, jnp.zeros_like(x))

    # 2e-3 / 50 000 is less than half of the least float16
    exact = 2 * float(x[0]) / 50_000
    tangent = jax.jvp(mean, (x,), (jnp.ones_like(x),))[1]
    assert float(tangent) == pytest.approx(2 * float(x[0]), rel=1e-5)
    scaled = jax.vjp(mean, x)[1](jnp.float32(2**14))[0]
    np.testing.assert_array_equal(scaled, np.float16(exact * 2**14))


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_a_gradient_beyond_halves_comes_back_with_a_small_factor(way, reduction):
    def run(x):
        return (door.value(fl.Poisson(), x, jnp.zeros_like(x), reduction=reduction) / 1024).sum()

    with np.errstate(over="ignore"):
        grad = jax.grad(run)(jnp.full(1, 12, jnp.float16))  # exp(12) is 162 755
    np.testing.assert_array_equal(grad, np.float16(np.exp(12) / 1024))


# Integers of 64 bits ---------------------------------------------------------

WIDE = [2**31, 2**32 + 1, -(2**32), -(2**31) - 1]


@pytest.mark.parametrize("label", WIDE)
def test_labels_beyond_32_bits_are_not_cut_off_to_classes(way, label):
    labels = np.array([0, 1, label])
    given = [labels, labels.tolist(), labels[::1].astype(">i8")]
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    given.append(pandas.Series(labels))
    for each in given:
        with pytest.raises(fl.LabelError, match=rf"target\[2\] is {label}, wanted: a label of 32"):
            door.value(ROWS, LOGITS, each)
    wide = np.array([0, 1, 2])
    assert door.value(ROWS, LOGITS, wide) == door.value(ROWS, LOGITS, wide.astype(np.int32))
    with jax.enable_x64(True), pytest.raises(jax.errors.JaxRuntimeError, match=f"is {label}, pred"):
        jax.block_until_ready(jax.jit(lambda y: door.value(ROWS, LOGITS, y))(labels))


def test_unsigned_labels_of_64_bits():
    labels = np.array([[0, 1, 2**64 - 1]], np.uint64)
    with pytest.raises(fl.LabelError, match=r"target\[0, 2\] is 18446744073709551615"):
        door.value(ROWS, LOGITS[None], labels)


def test_numbers_beyond_32_bits_are_rounded_as_real_ones(way):
    target = np.array([2**40 + 1, -3])
    value = door.value(fl.MeanAbsoluteError(), np.zeros(2, np.float32), target)
    assert value == np.float32((2**40 + 3) / 2)


# Arrays of other libraries ---------------------------------------------------


def test_what_is_missing_and_categories_are_refused(way):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    missing = pandas.array([1.0, None], dtype="Float32")
    zeros = np.zeros(2, np.float32)
    for inputs, options in (
        ((missing, zeros), {}),
        ((zeros, missing), {}),
        ((zeros, zeros), {"sample_weight": missing}),
    ):
        with pytest.raises(fl.DTypeError, match=r"has missing values \(1 of 2\)"):
            door.value(fl.Huber(), *inputs, **options)
    with pytest.raises(fl.DTypeError, match="target is categorical"):
        door.value(ROWS, LOGITS, pandas.Categorical([0, 1, 2]))
    with pytest.raises(fl.DTypeError, match="pred has dtype object and holds None"):
        door.value(fl.Huber(), [1.0, None], zeros)
    masked = np.ma.masked_array([1.0, 2.0], [False, True])
    with pytest.raises(fl.DTypeError, match="target is a masked array"):
        door.value(fl.Huber(), zeros, masked)


def test_what_every_loss_reads_is_read(way):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    for given in (
        [1, 3],
        (1.0, 3.0),
        [jnp.float32(1), 3.0],
        pandas.Series([1.0, 3.0]),
        pandas.array([1.0, 3.0], dtype="Float32"),
        np.ma.masked_array([1.0, 3.0], [False, False]),
        np.array([1.0, 3.0], ">f4"),
    ):
        assert door.value(fl.Huber(), given, np.zeros(2)) == 1.5
    traced = jax.jit(lambda x: door.value(fl.Huber(), [x, 3.0], [0, 0]))(1.0)
    assert traced == 1.5


def test_keys_of_random_numbers_are_none():
    with pytest.raises(fl.DTypeError, match=r"Huber: pred has dtype key<fry>, wanted: numbers"):
        door.value(fl.Huber(), jax.random.key(0), 1.0)
