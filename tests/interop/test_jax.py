"""fastloss.jax against JAX itself, by both ways to the kernels."""

import re
import threading
from functools import partial

import fastloss as fl
import numpy as np
import pytest

from tests import cases

jax = pytest.importorskip("jax", reason="fastloss.jax: JAX is not installed")
import fastloss.jax as door  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from fastloss import _xla  # noqa: E402

from tests.interop.jax_ways import WAYS  # noqa: E402

LEAD = {"pointwise": (6, cases.CLASSES), "rows": (6, 2), "pairs": (6,)}


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    monkeypatch.setattr(door, "backend", lambda: request.param)
    return request.param


def drawn(case, dtype=np.float32):
    """Return the inputs of a case and weights for its terms."""
    lead = LEAD[case.row["room"]]
    return cases.draw(case, lead, dtype=dtype), cases.weights(lead).astype(np.float32)


def split(case, inputs):
    """Return predictions and the rest."""
    n = case.row["differentiable"]
    return tuple(inputs[:n]), tuple(inputs[n:])


def value_and_grad(case, inputs, **options):
    """Return what jit(value_and_grad) of the door gives, the gradients as a tuple."""
    predictions, rest = split(case, inputs)

    @jax.jit
    @jax.value_and_grad
    def run(predictions, *rest):
        return door.value(case.loss, *predictions, *rest, **options)

    return run(predictions, *rest)


@pytest.mark.parametrize("case", cases.cases(), ids=str)
def test_grad_under_jit_is_the_kernels(way, case):
    inputs, weight = drawn(case)
    value, grads = value_and_grad(case, inputs, sample_weight=weight)
    wanted, wanted_grads = case.loss.value_and_grad(*inputs, sample_weight=weight)
    assert value.dtype == np.float32
    assert value == np.float32(wanted)
    for grad, want in zip(grads, cases.tuple_of(wanted_grads), strict=True):
        np.testing.assert_array_equal(grad, want, strict=True)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("case", cases.plain_cases(), ids=str)
def test_values_and_gradients_of_every_reduction(way, case, reduction):
    inputs, _ = drawn(case)
    wanted, wanted_grads = case.loss.value_and_grad(*inputs, reduction=reduction)
    wanted = np.asarray(wanted, np.float32)
    np.testing.assert_array_equal(door.value(case.loss, *inputs, reduction=reduction), wanted)
    value, grads = door.value_and_grad(case.loss, *inputs, reduction=reduction)
    np.testing.assert_array_equal(value, wanted, strict=True)
    for grad, want in zip(cases.tuple_of(grads), cases.tuple_of(wanted_grads), strict=True):
        np.testing.assert_array_equal(grad, want, strict=True)


@pytest.mark.parametrize("case", cases.plain_cases(), ids=str)
def test_terms_are_differentiated_each_with_its_own_cotangent(way, case):
    inputs, _ = drawn(case)
    predictions, rest = split(case, inputs)
    terms, pull = jax.vjp(
        lambda *x: door.value(case.loss, *x, *rest, reduction="none"), *predictions
    )
    cotangent = cases.random(str(case)).normal(size=terms.shape).astype(np.float32)
    _, grads = case.loss.value_and_grad(*inputs, reduction="none")
    if cotangent.ndim < predictions[0].ndim:
        cotangent_of_parts = np.expand_dims(cotangent, case.option("axis", -1))
    else:
        cotangent_of_parts = cotangent
    for got, grad in zip(pull(jnp.asarray(cotangent)), cases.tuple_of(grads), strict=True):
        np.testing.assert_array_equal(got, cotangent_of_parts * grad, strict=True)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_dtypes(way, dtype):
    case = cases.Case("sparse_categorical_cross_entropy", (("from_logits", True),))
    (pred, target), _ = drawn(case)
    with jax.enable_x64(dtype == "float64"):
        pred = jnp.asarray(pred, dtype)
        value, grad = jax.jit(jax.value_and_grad(lambda x: 3 * door.value(case.loss, x, target)))(
            pred
        )
        terms = door.value(case.loss, pred, target, reduction="none")
        wanted = case.loss(np.asarray(pred), target)
        wide = np.float64 if dtype == "float64" else np.float32
        assert (value.dtype, grad.dtype, terms.dtype) == (wide, pred.dtype, pred.dtype)
        assert value == wide(3) * wide(wanted)
        wanted_grad = case.loss.grad(np.asarray(pred).astype(wide), target)
        scaled = (wide(3) * wanted_grad).astype(pred.dtype)  # rounded once, with all factors in it
        np.testing.assert_array_equal(grad, scaled)


def test_without_x64_float64_becomes_float32_as_everywhere_in_jax(way):
    value, grad = door.value_and_grad(fl.Huber(), np.array([0.1, 3.0]), np.zeros(2))
    assert value.dtype == grad.dtype == np.float32
    assert value == np.float32(fl.Huber()(np.array([0.1, 3.0], np.float32), np.zeros(2)))


def calls(function, *arguments):
    """Return how many results each call of a kernel has, as a traced program shows it."""
    text = str(jax.make_jaxpr(function)(*arguments))
    found = re.findall(r"^(.*) = (?:ffi_call|pure_callback)\[", text, re.M)
    return [results.count(":") for results in found]


def test_value_alone_computes_no_gradient_and_differentiation_makes_one_pass(way):
    loss, x, t = fl.Huber(), jnp.ones(5), jnp.zeros(5)

    def run(x):
        return door.value(loss, x, t)

    assert calls(run, x) == [1]
    assert calls(jax.value_and_grad(run), x) == [2]
    assert calls(jax.jit(jax.grad(run)), x) == [2]
    assert calls(jax.grad(jax.jit(run)), x) == [2]
    jacobian = jax.jacrev(lambda x: door.value(loss, x, t, reduction="none"))
    assert calls(jacobian, x) == [2]


def test_vmap_calls_the_kernel_once_for_each_element(way):
    loss = fl.CategoricalFocal(from_logits=True)
    case = cases.Case("categorical_focal", (("from_logits", True),))
    pred, target = cases.draw(case, (7, 4), dtype=np.float32)
    both = jax.vmap(jax.value_and_grad(lambda p, t: door.value(loss, p, t)))
    values, grads = jax.jit(both)(pred, target)
    for k in range(7):
        value, grad = loss.value_and_grad(pred[k], target[k])
        assert values[k] == np.float32(value)
        np.testing.assert_array_equal(grads[k], grad)
    one_target = jax.vmap(lambda p, t: door.value(loss, p, t), in_axes=(0, None))
    assert one_target(pred, target[2])[5] == np.float32(loss(pred[5], target[2]))
    assert "length=7" in str(jax.make_jaxpr(both)(pred, target))
    assert calls(both, pred, target) == [2]


def test_forward_mode(way):
    case = cases.Case("triplet")
    inputs, _ = drawn(case)
    directions = [cases.random("jvp", k).normal(size=x.shape) for k, x in enumerate(inputs)]
    value, slope = jax.jvp(
        partial(door.value, case.loss),
        tuple(map(jnp.asarray, inputs)),
        tuple(jnp.asarray(d, np.float32) for d in directions),
    )
    wanted, grads = case.loss.value_and_grad(*inputs)
    assert value == np.float32(wanted)
    exact = sum(
        (g * d.astype(np.float32)).sum(dtype=float) for g, d in zip(grads, directions, strict=True)
    )
    # XLA adds 90 float32 products: their rounding, against the size of the largest
    assert abs(float(slope) - exact) < 90 * 2**-24


def test_equal_losses_share_what_is_compiled(way):
    traced = []

    @partial(jax.jit, static_argnums=0)
    def run(loss, x):
        traced.append(loss)
        return door.value(loss, x, jnp.zeros(3))

    assert run(fl.Huber(delta=2.0), jnp.ones(3)) == run(fl.Huber(delta=2.0), jnp.ones(3)) == 0.5
    assert len(traced) == 1
    assert run(fl.Huber(delta=0.5), jnp.ones(3)) == 0.375
    assert len(traced) == 2
    one, two = (_xla.Call(fl.Huber(delta=2.0), "mean", None, way) for _ in range(2))
    assert one == two
    assert hash(one) == hash(two)


def test_no_number_of_threads_changes_a_bit(way):
    x = jnp.asarray(cases.random("threads").normal(size=300_000), np.float32)
    t = jnp.zeros_like(x)
    runs = [door.value_and_grad(fl.Huber(), x, t, n_threads=n) for n in (1, 2, 3)]
    assert len({float(value) for value, _ in runs}) == 1
    for _, grad in runs[1:]:
        np.testing.assert_array_equal(grad, runs[0][1])


def test_programs_run_from_several_threads_at_once(way):
    loss = fl.BinaryCrossEntropy(from_logits=True)
    x = jnp.asarray(cases.random("several").normal(size=50_000), np.float32)
    t = (x > 0).astype(np.float32)
    run = jax.jit(jax.value_and_grad(lambda p: door.value(loss, p, t)))
    wanted, got = run(x), {}

    def work(k):
        got[k] = [run(x) for _ in range(10)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(got) == [0, 1, 2, 3]
    for value, grad in [pair for pairs in got.values() for pair in pairs]:
        assert value == wanted[0]
        np.testing.assert_array_equal(grad, wanted[1])


def test_arrays_of_many_megabytes_pass(way):
    x = jnp.arange(4_000_000, dtype=np.float32) / 1e6
    run = jax.jit(jax.value_and_grad(lambda p: door.value(fl.MeanSquaredError(), p, x / 2)))
    value, _ = run(x)
    assert value == np.float32(fl.MeanSquaredError()(np.asarray(x), np.asarray(x / 2)))


def test_empty_input_and_weights_that_sum_to_zero(way):
    value, grad = door.value_and_grad(fl.Huber(), jnp.zeros(0), jnp.zeros(0))
    assert np.isnan(value)
    assert grad.shape == (0,)
    value, grad = door.value_and_grad(
        fl.Huber(), jnp.ones(2), jnp.zeros(2), sample_weight=jnp.zeros(2), reduction="sum"
    )
    assert value == 0
    np.testing.assert_array_equal(grad, [0, 0])


def test_targets_stay_constants_through_the_transformations(way):
    x, t, loss = jnp.ones(3), jnp.zeros(3), fl.Huber()
    wanted = loss.grad(np.ones(3, np.float32), np.zeros(3, np.float32))

    def run(x, t):
        return door.value(loss, x, t, sample_weight=jnp.ones(3))

    def scanned(x, t):
        return jax.lax.scan(lambda c, row: (c + run(x, row), None), 0.0, t[None])[0]

    for function in (jax.jit(run), jax.checkpoint(run), scanned):
        np.testing.assert_array_equal(jax.grad(function)(x, t), wanted)
        np.testing.assert_array_equal(jax.jit(jax.grad(function))(x, t), wanted)
