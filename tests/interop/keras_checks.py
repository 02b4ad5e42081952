"""What fastloss.keras does on the backend of this process; test_keras.py runs it with each."""

import doctest

import fastloss as fl
import fastloss.keras as door
import keras
import numpy as np
import pytest

from tests import cases
from tests.interop.pages import run_page

# Keras turns its tensors and variables into arrays in a way that NumPy 2 is leaving behind
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)
BACKEND = keras.backend.backend()
LEAD = {"pointwise": (6, cases.CLASSES), "rows": (6,)}
CASES = [c for c in cases.plain_cases() if cases.of_samples(c.row)]


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def value_and_grad(function, x):
    """Return value and gradient of a function of one tensor, by the backend's own means."""
    if BACKEND == "jax":
        import jax

        value, gradient = jax.value_and_grad(function)(keras.ops.convert_to_tensor(x))
    else:
        import torch

        x = torch.tensor(x, requires_grad=True)
        value = function(x)
        (gradient,) = torch.autograd.grad(value, x)
    return array(value), array(gradient)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_losses_of_samples_are_the_kernels(case):
    pred, target = cases.draw(case, LEAD[case.row["room"]], dtype=np.float32)
    if case.option("axis", -1) != -1:
        pred, target = np.ascontiguousarray(pred), np.ascontiguousarray(target)
    terms = case.loss(pred, target, reduction="none")
    losses = array(door.Loss(case.loss, reduction="none")(target, pred))
    if terms.ndim == 2:
        # the mean of five by the backend and by NumPy: each rounds as often as it adds
        np.testing.assert_allclose(losses, terms.mean(-1), rtol=6 * 2**-24, strict=True)
    else:
        np.testing.assert_array_equal(losses, terms, strict=True)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients_are_the_kernels(case):
    pred, target = cases.draw(case, LEAD[case.row["room"]], dtype=np.float32)
    loss = door.Loss(case.loss, reduction="sum")
    _, gradient = value_and_grad(lambda x: loss(target, x), pred)
    share = cases.CLASSES if case.row["room"] == "pointwise" else 1
    wanted = case.loss.grad(pred, target, reduction="none") * np.float32(1 / share)
    np.testing.assert_allclose(gradient, wanted, rtol=2**-22, strict=True)  # x / 5 or x * (1 / 5)


PAIRS = [
    (fl.MeanSquaredError(), keras.losses.MeanSquaredError, {}),
    (fl.MeanAbsoluteError(), keras.losses.MeanAbsoluteError, {}),
    (fl.Huber(delta=0.5), keras.losses.Huber, {"delta": 0.5}),
    (
        fl.BinaryCrossEntropy(from_logits=True, label_smoothing=0.1),
        keras.losses.BinaryCrossentropy,
        {"from_logits": True, "label_smoothing": 0.1},
    ),
    (
        fl.CategoricalCrossEntropy(from_logits=True),
        keras.losses.CategoricalCrossentropy,
        {"from_logits": True},
    ),
    (
        fl.SparseCategoricalCrossEntropy(from_logits=True, ignore_index=2),
        keras.losses.SparseCategoricalCrossentropy,
        {"from_logits": True, "ignore_class": 2},
    ),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "reduction", ["sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None]
)
@pytest.mark.parametrize(("loss", "theirs", "options"), PAIRS, ids=lambda x: str(x)[:40])
def test_reductions_and_weights_are_those_of_keras(loss, theirs, options, reduction, weighted):
    case = cases.Case(loss.name, tuple(loss.params.items()))
    pred, target = cases.draw(case, (40, 5) if case.row["room"] == "pointwise" else (40,))
    pred = pred.astype(np.float32)
    weight = cases.weights((40,)) if weighted else None
    ours = array(door.Loss(loss, reduction=reduction)(target, pred, weight))
    wanted = array(theirs(reduction=reduction, **options)(target, pred, weight))
    # theirs forms log(1 + e^x) in float32 without guarding the last digits
    np.testing.assert_allclose(ours, wanted, rtol=3e-6, strict=True)


@pytest.mark.parametrize(
    ("loss", "theirs"),
    [
        (fl.BinaryCrossEntropy(eps=1e-7), keras.losses.BinaryCrossentropy()),
        (fl.BinaryFocal(eps=1e-7, alpha=None), keras.losses.BinaryFocalCrossentropy()),
    ],
    ids=["cross-entropy", "focal"],
)
def test_certain_predictions_are_clipped_where_the_page_says(loss, theirs):
    ours = door.Loss(loss)
    for target, pred, wanted in ((0.0, 1.0, 2.0**-23), (1.0, 0.0, 1e-7)):
        given = np.array([[target]], np.float32), np.array([[pred]], np.float32)
        # A focal loss has factors of (1 - 1e-7)^2 beside its logarithm.
        assert float(theirs(*given)) == pytest.approx(-np.log(wanted), rel=1e-6)
        assert float(ours(*given)) == pytest.approx(-np.log(1e-7), rel=1e-6)
    unclipped = door.Loss(type(loss)())(np.zeros((1, 1)), np.ones((1, 1)))
    assert np.isinf(array(unclipped))


def test_targets_of_one_axis_more_or_less():
    pred, target = np.array([[0.5], [3.0]], np.float32), np.zeros(2)
    loss = door.Loss(fl.Huber(), reduction="none")
    np.testing.assert_array_equal(array(loss(target, pred)), [0.125, 2.5])
    np.testing.assert_array_equal(array(loss(target[:, None], pred[:, 0])), [0.125, 2.5])
    labels = door.Loss(fl.SparseCategoricalCrossEntropy(from_logits=True))
    logits = np.eye(3, dtype=np.float32)
    assert labels(np.array([[0], [1], [2]]), logits) == labels(np.arange(3), logits)
    with pytest.raises(fl.ShapeError, match=r"target has shape \(2,\), pred has shape \(3, 1\)"):
        loss(target, np.zeros((3, 1), np.float32))


def digits():
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return (x / 16).astype(np.float32), y


def network(loss):
    keras.utils.set_random_seed(7)
    layers = [keras.layers.Dense(32, activation="relu"), keras.layers.Dense(10)]
    model = keras.Sequential([keras.Input((64,)), *layers])
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    return model


def test_a_network_learns_digits_as_with_the_loss_of_keras(tmp_path):
    x, y = digits()
    models = [
        network(door.Loss(fl.SparseCategoricalCrossEntropy(from_logits=True))),
        network(keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
    ]
    ours, theirs = (
        m.fit(x, y, epochs=5, batch_size=64, verbose=0, shuffle=False).history for m in models
    )
    assert ours["accuracy"][-1] > 0.95
    # 145 steps, each rounded in float32 by either side
    np.testing.assert_allclose(ours["loss"], theirs["loss"], rtol=1e-4)
    models[0].save(tmp_path / "digits.keras")
    again = keras.saving.load_model(tmp_path / "digits.keras")
    assert again.loss.loss == models[0].loss.loss
    assert again.evaluate(x, y, verbose=0) == models[0].evaluate(x, y, verbose=0)


def test_weights_of_samples_and_classes_in_fit():
    x, y = digits()
    model = network(door.Loss(fl.SparseCategoricalFocal(from_logits=True)))
    history = model.fit(x, y, class_weight={k: k / 10 for k in range(10)}, epochs=2, verbose=0)
    assert history.history["loss"][1] < history.history["loss"][0]
    model = network(door.Loss(fl.SparseCategoricalFocal(from_logits=True)))
    before = model.get_weights()
    model.fit(x, y, sample_weight=np.zeros(len(y)), verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_dtypes_of_the_computation(dtype):
    import contextlib

    x64 = contextlib.nullcontext()
    if BACKEND == "jax" and dtype == "float64":
        import jax

        x64 = jax.enable_x64(True)
    with x64:
        loss = door.Loss(fl.Huber(), reduction="none", dtype=dtype)
        got = loss(np.zeros(3), np.array([0.5, 1.0, 3.0]))
        assert keras.backend.standardize_dtype(got.dtype) == dtype
        np.testing.assert_array_equal(array(got).astype(float), [0.125, 0.5, 2.5])


@pytest.mark.parametrize(
    "loss",
    [
        fl.BinaryFocal(alpha=None, pos_weight=(1.0, 2.0)),
        fl.SparseCategoricalCrossEntropy(from_logits=True, ignore_index=-1, label_smoothing=0.1),
    ],
)
def test_a_config_makes_the_loss_again(loss):
    made = door.Loss(loss, name="mine", reduction="sum", dtype="float16")
    again = keras.losses.deserialize(keras.losses.serialize(made))
    assert (again.loss, again.name, again.reduction, again.dtype) == (
        loss,
        "mine",
        "sum",
        "float16",
    )
    assert repr(again) == f"Loss({loss!r})"
    assert door.Loss(loss).name == loss.name


def test_the_examples_of_the_docstrings():
    found = doctest.testmod(door)
    assert found.attempted > 3
    assert found.failed == 0


def test_the_page():
    page = run_page("keras")
    assert page["accuracy"] > 0.95


# Bad input -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("huber", "loss is 'huber', wanted: a Loss, as fastloss.get makes by name"),
        (fl.Triplet(), "takes y_true and y_pred, and this one takes anchor, positive, negative"),
    ],
)
def test_what_no_keras_loss_can_be_is_refused(loss, message):
    with pytest.raises(fl.ParameterError, match=message):
        door.Loss(loss)


def test_an_unknown_reduction_is_refused_by_keras():
    with pytest.raises(ValueError, match="Invalid value for argument `reduction`"):
        door.Loss(fl.Huber(), reduction="max")


@pytest.mark.parametrize(
    ("loss", "target", "pred", "message"),
    [
        (
            fl.SparseCategoricalCrossEntropy(from_logits=True),
            np.array([0, 3]),
            np.zeros((2, 3)),
            r"target\[1\] is 3, pred has 3 classes",
        ),
        (
            fl.BinaryCrossEntropy(),
            np.ones(2),
            np.array([0.5, 2.0]),
            "pred.1. is 2, wanted: a numb",
        ),
    ],
)
def test_values_out_of_their_domain(loss, target, pred, message):
    error = fl.FastlossError
    if BACKEND == "jax":
        import jax

        error = jax.errors.JaxRuntimeError
    with pytest.raises(error, match=message):
        array(door.Loss(loss)(target, pred))
