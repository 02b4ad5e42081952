"""Labels on their way through Keras, which makes floats of them; on the backend of this process."""

import fastloss as fl
import fastloss.keras as door
import keras
import numpy as np
import pytest

# Keras turns its tensors into arrays in a way that NumPy 2 is leaving behind
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)
BACKEND = keras.backend.backend()
ROWS = fl.SparseCategoricalCrossEntropy(from_logits=True)
LOGITS = np.random.default_rng(3).normal(size=(3, 4)).astype(np.float32)
NONE = [np.nan, np.inf, -np.inf, 0.5, -0.5, 2.0**31, -(2.0**33)]


@pytest.mark.parametrize("label", NONE)
def test_what_is_no_label_is_named(label):
    given = np.array([0, 1, label])
    for kind in (fl.SparseCategoricalCrossEntropy, fl.SparseCategoricalFocal):
        for options in ({}, {"ignore_index": -1}, {"ignore_index": -(2**31)}):
            loss = door.Loss(kind(from_logits=True, **options))
            with pytest.raises(fl.LabelError, match=rf"target\[2\] is {label}, wanted: integer"):
                loss(given, LOGITS)


@pytest.mark.parametrize("label", [2**31, 2**32 + 1, -(2**32)])
def test_integers_beyond_32_bits(label):
    given = np.array([0, 1, label])
    tensors = [given]
    if BACKEND == "torch":
        tensors.append(keras.ops.convert_to_tensor(given))
    for each in tensors:
        with pytest.raises(fl.LabelError, match=rf"target\[2\] is {label}, wanted: integer"):
            door.Loss(ROWS).call(each, keras.ops.convert_to_tensor(LOGITS))


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int32", "uint32", "int64", "float32", "float16"]
)
def test_labels_of_every_type(dtype):
    wanted = ROWS(LOGITS, np.array([0, 3, 1]), reduction="none")
    given = np.array([0, 3, 1], dtype)
    logits = keras.ops.convert_to_tensor(LOGITS)
    for each in (given, given.tolist()):
        got = door.Loss(ROWS).call(each, logits)
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(got), wanted)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("ignored", [None, -1, -(2**31)])
@pytest.mark.parametrize("label", NONE)
def test_what_is_no_label_is_refused_where_it_is_not_known_yet(label, ignored):
    loss = door.Loss(fl.SparseCategoricalCrossEntropy(from_logits=True, ignore_index=ignored))
    good, bad = np.array([0, 1, 2], np.float32), np.array([0, 1, label], np.float32)
    errors = (fl.LabelError,)
    if BACKEND == "jax":
        import jax

        run = jax.jit(lambda y: loss(y, LOGITS))
        errors = jax.errors.JaxRuntimeError, ValueError
    else:
        import torch
        from torch.fx.experimental.proxy_tensor import make_fx

        good, bad = torch.tensor(good), torch.tensor(bad)
        run = make_fx(lambda y: loss(y, torch.tensor(LOGITS)))(good)
    np.testing.assert_array_equal(run(good), loss(good, LOGITS))
    with pytest.raises(errors, match=r"target\[2\] is -214748364[78], pred has 4 classes"):
        np.asarray(run(bad))
