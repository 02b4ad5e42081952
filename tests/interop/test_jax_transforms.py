"""Every way in which JAX runs, records, transforms or differentiates a function of fastloss.jax.

Each gives the number that JAX gives for the same loss written in jax.numpy, or an error that says
what to do instead.
"""

import fastloss as fl
import numpy as np
import pytest

jax = pytest.importorskip("jax", reason="fastloss.jax: JAX is not installed")
import fastloss.jax as door  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from jax import export, lax  # noqa: E402
from jax.experimental import checkify  # noqa: E402

from tests.interop.jax_ways import WAYS, needs_ffi  # noqa: E402

X = jnp.asarray(np.random.default_rng(5).normal(size=(3, 4, 5)), np.float32)
V = jnp.asarray(np.random.default_rng(6).normal(size=(3, 4, 5)), np.float32)
MANY = jnp.stack([X, X + 1, -X])
LABELS = jnp.array([[0, 4, 2, 1]] * 3)
WEIGHT = jnp.asarray(np.random.default_rng(7).uniform(0.5, 2, (3, 4)), np.float32)


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    monkeypatch.setattr(door, "backend", lambda: request.param)
    return request.param


ROWS = fl.SparseCategoricalCrossEntropy(from_logits=True)


def ours():
    """Return a function of a loss of each kind; a new one, for JAX keeps what it has traced."""

    def together(x):
        rows = door.value(ROWS, x, LABELS, reduction="none", sample_weight=WEIGHT)
        triplets = door.value(fl.Triplet(margin=2.0, squared=True), *x, reduction="sum")
        return door.value(fl.MeanSquaredError(), x, V) + (rows**2).sum() + triplets

    return together


def theirs():
    def together(x):
        picked = jnp.take_along_axis(jax.nn.log_softmax(x), LABELS[..., None], -1)[..., 0]
        near, far = (((x[0] - other) ** 2).sum(-1) for other in x[1:])
        triplets = jnp.maximum(near - far + 2, 0).sum()
        return ((x - V) ** 2).mean() + ((WEIGHT * picked) ** 2).sum() + triplets

    return together


def in_scan(f):
    def loop(x):
        return lax.scan(lambda c, s: (c * s, f(c)), x, jnp.array([0.5, 2.0]))[1].sum()

    return loop


def in_while(f):
    def loop(x):
        start = (0, x, 0.0)
        turn = lambda c: (c[0] + 1, c[1] * 0.5, c[2] + f(c[1]))  # noqa: E731
        return lax.while_loop(lambda c: c[0] < 3, turn, start)[2]

    return loop


def in_cond(f):
    return lambda x: lax.cond(x.sum() > 0, f, lambda y: 3 * f(y), x)


def rebuilt(f):
    traced = jax.make_jaxpr(f)(X)
    return lambda x: jax.core.eval_jaxpr(traced.jaxpr, traced.consts, x)[0]


def without_jit(f):
    with jax.disable_jit():
        return jax.grad(jax.jit(f))(X)


NEVER = jax.checkpoint_policies.nothing_saveable
ONCE = {  # a way to call a function, or to differentiate it once
    "jit": lambda f: jax.jit(f)(X),
    "ahead of time": lambda f: jax.jit(f).lower(X).compile()(2 * X),
    "jaxpr": lambda f: rebuilt(f)(2 * X),
    "checkify": lambda f: checkify.checkify(f)(X)[1],
    "vmap": lambda f: jax.vmap(f)(MANY),
    "vmap twice": lambda f: jax.vmap(jax.vmap(f))(MANY[None]),
    "vmap of the last axis": lambda f: jax.vmap(f, in_axes=-1)(jnp.moveaxis(MANY, 0, -1)),
    "vmap with a named axis": lambda f: jax.vmap(lambda x: lax.psum(f(x), "i"), axis_name="i")(
        MANY
    ),
    "map": lambda f: jax.grad(lambda x: lax.map(f, x, batch_size=2).sum())(MANY),
    "grad": lambda f: jax.grad(f)(X),
    "grad without jit": without_jit,
    "grad of numpy": lambda f: jax.grad(f)(np.asarray(X)),
    "jit of grad": lambda f: jax.jit(jax.grad(f))(X),
    "grad of jit": lambda f: jax.grad(jax.jit(f))(X),
    "grad of a jaxpr": lambda f: jax.grad(rebuilt(f))(X),
    "value_and_grad": lambda f: jax.value_and_grad(lambda x: jnp.sin(f(jnp.cos(x))))(X),
    "vjp": lambda f: jax.vjp(f, X)[1](jnp.float32(3)),
    "jvp": lambda f: jax.jvp(f, (X,), (V,)),
    "jit of jvp": lambda f: jax.jit(lambda x, v: jax.jvp(f, (x,), (v,)))(X, V),
    "linearize": lambda f: jax.linearize(jax.jit(f), X)[1](V),
    "linear_transpose": lambda f: jax.linear_transpose(jax.linearize(f, X)[1], X)(jnp.float32(2)),
    "jacfwd": lambda f: jax.jacfwd(f)(X),
    "jacrev": lambda f: jax.jacrev(f)(X),
    "vmap of grad": lambda f: jax.vmap(jax.grad(f))(MANY),
    "grad of vmap": lambda f: jax.grad(lambda x: jax.vmap(f)(x).sum())(MANY),
    "vmap of jvp": lambda f: jax.vmap(lambda v: jax.jvp(f, (X,), (v,)))(MANY),
    "jvp of vmap": lambda f: jax.jvp(jax.vmap(f), (MANY,), (MANY,)),
    "checkpoint": lambda f: jax.grad(jax.checkpoint(f))(X),
    "checkpoint of jit": lambda f: jax.jit(jax.grad(jax.checkpoint(jax.jit(f), policy=NEVER)))(X),
    "jvp of checkpoint": lambda f: jax.jvp(jax.checkpoint(f), (X,), (V,)),
    "checkpoint in vmap": lambda f: jax.vmap(jax.grad(jax.checkpoint(f)))(MANY),
    "checkpoint in scan": lambda f: jax.grad(in_scan(jax.checkpoint(f)))(X),
    "scan": lambda f: jax.grad(in_scan(f))(X),
    "jvp of scan": lambda f: jax.jvp(in_scan(f), (X,), (V,)),
    "jvp of while": lambda f: jax.jvp(in_while(f), (X,), (V,)),
    "cond": lambda f: jax.jit(jax.grad(in_cond(f)))(X),
    "vmap of cond": lambda f: jax.vmap(jax.grad(in_cond(f)))(MANY),
    "a gradient linear in its cotangent": lambda f: jax.grad(
        lambda c: (jax.vjp(f, X)[1](c)[0] * V).sum()
    )(1.0),
    "a slope linear in its direction": lambda f: jax.grad(lambda v: jax.jvp(f, (X,), (v,))[1])(V),
    "twice, once by each of two factors": lambda f: jax.grad(
        lambda x: jax.grad(lambda y: in_scan(f)(x) * y**2)(3.0)
    )(X),
}


def square_of_slope(f):
    return lambda x: (jax.grad(f)(x) ** 2).sum()


TWICE = {
    "hessian": lambda f: jax.hessian(f)(X),
    "hessian under jit": lambda f: jax.jit(jax.hessian(jax.jit(f)))(X),
    "forward over forward": lambda f: jax.jacfwd(jax.jacfwd(f))(X),
    "reverse over forward": lambda f: jax.jacrev(jax.jacfwd(f))(X),
    "reverse over reverse": lambda f: jax.jacrev(jax.jacrev(f))(X),
    "jvp of grad": lambda f: jax.jvp(jax.grad(f), (X,), (V,)),
    "jvp of jvp": lambda f: jax.jvp(lambda x: jax.jvp(f, (x,), (V,))[1], (X,), (V,)),
    "linearize of grad": lambda f: jax.linearize(jax.grad(f), X)[1](V),
    "grad of linearize": lambda f: jax.grad(lambda x: jax.linearize(f, x)[1](V))(X),
    "a penalty": lambda f: jax.grad(square_of_slope(f))(X),
    "a penalty under jit": lambda f: jax.jit(jax.grad(square_of_slope(jax.jit(f))))(X),
    "a penalty, checkpointed": lambda f: jax.grad(jax.checkpoint(square_of_slope(f)))(X),
    "a penalty of a checkpoint": lambda f: jax.grad(square_of_slope(jax.checkpoint(f)))(X),
    "a penalty under vmap": lambda f: jax.vmap(jax.grad(square_of_slope(f)))(MANY),
    "a penalty of vmap": lambda f: jax.grad(square_of_slope(lambda x: jax.vmap(f)(x).sum()))(MANY),
    "a penalty of a scan": lambda f: jax.grad(square_of_slope(in_scan(f)))(X),
    "a penalty in a scan": lambda f: jax.grad(in_scan(square_of_slope(f)))(X),
    "a penalty of a cond": lambda f: jax.grad(square_of_slope(in_cond(f)))(X),
    "jvp of grad of a scan": lambda f: jax.jvp(jax.grad(in_scan(f)), (X,), (V,)),
    "jvp of jvp of a while": lambda f: jax.jvp(
        lambda x: jax.jvp(in_while(f), (x,), (V,))[1], (X,), (V,)
    ),
}


def close(got, wanted):
    """Compare what JAX adds up in an order of its own: 180 float32 terms at most."""
    got, wanted = jax.tree.leaves(got), jax.tree.leaves(wanted)
    assert len(got) == len(wanted) > 0
    for ours, theirs in zip(got, wanted, strict=True):
        scale = np.abs(theirs).max()
        assert scale > 0
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=180 * 2**-24 * scale)


@pytest.mark.parametrize("kind", ONCE)
def test_a_first_derivative_is_that_of_the_losses_written_in_jax(way, kind):
    close(ONCE[kind](ours()), ONCE[kind](theirs()))


@pytest.mark.parametrize("kind", TWICE)
def test_a_second_derivative_is_refused_by_name(way, kind):
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(TWICE[kind](theirs())))
    with pytest.raises(fl.FastlossError, match=r"asks for a second one.*grad_and_hess"):
        TWICE[kind](ours())


def by_hand():
    return lambda x: door.value_and_grad(fl.MeanSquaredError(), x, V)


BY_HAND = {
    "jit": lambda f: jax.jit(f)(X),
    "vmap": lambda f: jax.vmap(f)(MANY),
    "checkpoint": lambda f: jax.checkpoint(f)(X),
    "scan": lambda f: lax.scan(lambda c, x: (c, f(x)), 0.0, MANY)[1],
    "cond": lambda f: lax.cond(X[0, 0, 0] > 9, lambda x: f(-x), f, X),
}


@pytest.mark.parametrize("kind", BY_HAND)
def test_value_and_grad_by_hand_goes_the_same_ways(way, kind):
    native = jax.value_and_grad(lambda x: ((x - V) ** 2).mean())
    close(BY_HAND[kind](by_hand()), BY_HAND[kind](native))


@pytest.mark.parametrize("kind", ["grad", "jvp", "scan", "checkpoint", "grad of jit"])
def test_value_and_grad_by_hand_is_not_differentiated(way, kind):
    value_alone = by_hand()
    with pytest.raises(fl.FastlossError, match="or for one of value_and_grad, where value is"):
        ONCE[kind](lambda x: value_alone(x)[0])


@pytest.mark.skipif(not hasattr(jax, "shard_map"), reason="this JAX has no jax.shard_map")
def test_pieces_of_a_mesh(way):
    mesh = jax.make_mesh((1,), ("i",))
    specs = {"in_specs": jax.P("i"), "out_specs": jax.P("i"), "check_vma": False}
    pieces = jax.device_put(MANY, jax.NamedSharding(mesh, jax.P("i")))
    ran = [
        jax.jit(jax.shard_map(jax.vmap(jax.grad(f)), mesh=mesh, **specs))(pieces)
        for f in (ours(), theirs())
    ]
    close(*ran)


# jax.export ------------------------------------------------------------------


def test_callbacks_cannot_be_exported_and_the_error_says_what_can(monkeypatch):
    monkeypatch.setattr(door, "backend", lambda: "callback")
    for f in (ours(), jax.grad(ours()), by_hand()):
        with pytest.raises(fl.FastlossError, match=r": jax.export.*'ffi'"):
            export.export(jax.jit(f))(X)


@needs_ffi
def test_an_exported_program_gives_its_number_and_its_first_derivative():
    checks = [export.DisabledSafetyCheck.custom_call("fastloss")]
    made = export.export(jax.jit(ours()), disabled_checks=checks)(X)
    pytest.importorskip("flatbuffers", reason="jax.export saves with flatbuffers")
    again = export.deserialize(made.serialize(vjp_order=1))
    close(again.call(X), theirs()(X))
    np.testing.assert_array_equal(jax.grad(again.call)(X), jax.jit(jax.grad(ours()))(X))
    with pytest.raises(fl.FastlossError, match="asks for a second one"):
        made.serialize(vjp_order=2)


@needs_ffi
def test_an_export_without_leave_names_the_call():
    with pytest.raises(ValueError, match=r"(?s)custom calls.*@fastloss"):
        export.export(jax.jit(ours()))(X)


def test_other_platforms_are_refused_when_a_program_is_made(way):
    for platforms in (["tpu"], ["cpu", "cuda"]):
        with pytest.raises(fl.DeviceError, match=r"the kernels run on the CPU.*(tpu|cuda)"):
            export.export(jax.jit(ours()), platforms=platforms)(X)


def test_sizes_that_are_no_numbers_are_refused(way):
    shape = jax.ShapeDtypeStruct(export.symbolic_shape("n, 3"), np.float32)
    program = export.export(jax.jit(lambda x, t: door.value(fl.Huber(), x, t)))
    with pytest.raises(fl.ShapeError, match=r"Huber: pred has shape \(n, 3\).*are numbers"):
        program(shape, shape)
