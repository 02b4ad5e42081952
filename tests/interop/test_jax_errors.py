"""What fastloss.jax refuses, and what it says then."""

import subprocess
import sys
from functools import partial

import fastloss as fl
import numpy as np
import pytest

jax = pytest.importorskip("jax", reason="fastloss.jax: JAX is not installed")
import fastloss.jax as door  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from fastloss import _xla  # noqa: E402

from tests.interop.jax_ways import WAYS, needs_ffi  # noqa: E402

ROWS = fl.SparseCategoricalCrossEntropy(from_logits=True)


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    monkeypatch.setattr(door, "backend", lambda: request.param)
    return request.param


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("error", "message", "loss", "inputs", "options"),
    [
        (fl.ShapeError, r"target has shape \(3, 1\)", fl.Huber(), [(3,), (3, 1)], {}),
        (TypeError, "Huber: target missing", fl.Huber(), [(3,)], {}),
        (fl.ShapeError, "sample_weight has shape", ROWS, [(3, 4), (3,)], {"sample_weight": (4,)}),
        (fl.DTypeError, "pred has dtype int32", fl.Huber(), [((3,), np.int32), (3,)], {}),
        (fl.DTypeError, "integer class labels", ROWS, [(3, 4), ((3,), np.float32)], {}),
        (fl.DTypeError, "complex64", fl.Huber(), [((3,), np.complex64), (3,)], {}),
        (fl.ParameterError, "reduction is 'max'", fl.Huber(), [(3,), (3,)], {"reduction": "max"}),
        (fl.ParameterError, "n_threads is 0", fl.Huber(), [(3,), (3,)], {"n_threads": 0}),
        (fl.ParameterError, "loss is 'huber', wanted: a Loss", "huber", [(3,), (3,)], {}),
    ],
)
def test_what_is_wrong_is_said_while_tracing(way, compiled, error, message, loss, inputs, options):
    arrays = [
        jnp.zeros(*shape) if shape and isinstance(shape[0], tuple) else jnp.zeros(shape)
        for shape in inputs
    ]
    if loss is ROWS and arrays[1].dtype == np.float32 and "integer" not in message:
        arrays[1] = arrays[1].astype(int)
    options = {k: jnp.ones(v) if isinstance(v, tuple) else v for k, v in options.items()}
    run = partial(door.value, loss, **options)
    with pytest.raises(error, match=message):
        (jax.jit(run) if compiled else run)(*arrays)


@pytest.mark.parametrize(
    "option",
    [{"reduction": r} for r in ("MEAN", None, 0, True, b"mean", ["mean"])]
    + [{"n_threads": n} for n in (-1, 1.0, "2", True, 2**31, 2**64, [1], float("nan"))],
    ids=str,
)
def test_options_that_are_none(way, option):
    door.value(fl.Huber(), jnp.ones(3), jnp.zeros(3), n_threads=1)  # 1 == True == 1.0, but known
    with pytest.raises(fl.ParameterError, match=f"{next(iter(option))} is .*wanted"):
        door.value(fl.Huber(), jnp.ones(3), jnp.zeros(3), **option)


@pytest.mark.parametrize(
    ("message", "loss", "inputs", "weight"),
    [
        (r"target\[1\] is 4, pred has 4 classes", ROWS, (np.zeros((2, 4)), [3, 4]), None),
        (r"pred\[0\] is 1.5, wanted: a number in", fl.BinaryCrossEntropy(), ([1.5], [1.0]), None),
        (r"sample_weight\[1\] is -1", fl.Huber(), ([1.0, 2.0], [0.0, 0.0]), [1.0, -1.0]),
    ],
)
@pytest.mark.filterwarnings("default")
def test_values_out_of_their_domain_are_errors_of_the_run(way, message, loss, inputs, weight):
    run = jax.jit(jax.value_and_grad(lambda *x: door.value(loss, *x, sample_weight=weight)))
    arrays = [jnp.asarray(x) for x in inputs]
    with pytest.raises(jax.errors.JaxRuntimeError, match=message):
        jax.block_until_ready(run(*arrays))
    with pytest.raises((jax.errors.JaxRuntimeError, ValueError), match=message):
        jax.block_until_ready(run(*arrays))
    good = fl.Huber()  # and the next call is none the worse for it
    assert door.value(good, jnp.ones(2), jnp.zeros(2)) == 0.5


@pytest.mark.filterwarnings("default")
def test_a_program_that_has_run_raises_as_the_page_says(way):
    run = jax.jit(lambda y: door.value(ROWS, jnp.zeros((2, 4)), y))
    good, bad = np.array([0, 3]), np.array([0, 9])
    for labels in (good, bad, good, bad):
        if labels is good:
            assert run(labels) == jnp.log(4.0)
            continue
        # The class is JAX's matter: its fast way back into a program makes a ValueError of it.
        with pytest.raises(
            (jax.errors.JaxRuntimeError, ValueError), match=r"target\[1\] is 9, pred"
        ):
            jax.block_until_ready(run(labels))


def test_there_is_no_derivative_by_targets_or_weights(way):
    x, t, w = jnp.ones(3), jnp.zeros(3), jnp.ones(3)
    with pytest.raises(fl.FastlossError, match=r"no derivative by target; hold it with jax\.lax"):
        jax.grad(lambda t: door.value(fl.Huber(), x, t))(t)
    with pytest.raises(fl.FastlossError, match="no derivative by sample_weight"):
        jax.grad(lambda w: door.value(fl.Huber(), x, t, sample_weight=w))(w)
    held = jax.grad(lambda x: door.value(fl.Huber(), x, jax.lax.stop_gradient(x) - 1))(x)
    np.testing.assert_array_equal(held, fl.Huber().grad(np.ones(3, np.float32), np.zeros(3)))


@pytest.mark.parametrize("second", [jax.hessian, lambda f: jax.grad(lambda x: jax.grad(f)(x)[0])])
def test_second_derivatives_are_refused(way, second):
    for function in (
        second(lambda x: door.value(fl.Huber(), x, jnp.zeros(3))),
        jax.grad(lambda x: door.value_and_grad(fl.Huber(), x, jnp.zeros(3))[0]),
    ):
        with pytest.raises(fl.FastlossError, match="grad_and_hess of the loss itself"):
            function(jnp.ones(3))


def test_a_loss_cannot_be_transposed(way):
    transposed = jax.linear_transpose(
        lambda x: door.value(fl.Huber(), x, jnp.zeros(3)), jnp.ones(3)
    )
    with pytest.raises(fl.FastlossError, match=r"is not linear, .* jax\.linearize returns"):
        transposed(1.0)


def test_memory_of_jax_is_read_where_it_lies_and_never_written():
    x = jnp.arange(1000.0)
    view = np.asarray(x)
    assert view.ctypes.data == x.unsafe_buffer_pointer()
    with pytest.raises(fl.ParameterError, match="out is read-only"):
        fl.Huber().grad(np.zeros(1000, np.float32), view, out=view)


def test_an_array_on_another_device_is_refused(monkeypatch):
    class Accelerator:  # no such device here: what the door asks of an array is all there is
        platform = "gpu"

        def __str__(self):
            return "gpu:0"

    class Elsewhere:
        def devices(self):
            return {Accelerator()}

    monkeypatch.setattr(jnp, "asarray", lambda _: Elsewhere())
    with pytest.raises(fl.DeviceError, match=r"lies on gpu:0.*jax.device_put"):
        door.value(fl.Huber(), np.ones(1), np.ones(1))


@needs_ffi
def test_a_jax_that_refuses_the_module_is_told_and_served_by_callbacks(monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("another API")

    monkeypatch.setattr(jax.ffi, "register_ffi_target", refuse)
    with pytest.warns(RuntimeWarning, match=r"build fastloss again to mend it \(another API\)"):
        assert _xla.backend.__wrapped__() == "callback"


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        ("sys.modules['jax'] = None", 'fastloss.jax needs JAX: pip install "jax>=0.5"'),
        (
            "import jax; jax.__version_info__ = (0, 4, 38); jax.__version__ = '0.4.38'",
            "fastloss.jax needs JAX 0.5 or later, this is 0.4.38: pip install -U",
        ),
    ],
)
def test_without_a_jax_of_today_the_error_says_what_to_install(spoilt, message):
    code = f"import sys; {spoilt}; import fastloss.jax"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert message in done.stderr
