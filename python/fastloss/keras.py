"""Losses for Keras 3 models, on the torch and JAX backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _base
from ._errors import LabelError, ParameterError
from .registry import find, get

try:
    import keras
    from keras import ops
    from keras.src.backend import set_keras_mask  # Keras has no public name for it
except ImportError as error:
    if (error.name or "").partition(".")[0] == "keras":
        raise ImportError('fastloss.keras needs Keras 3: pip install "keras>=3"') from error
    raise ImportError(
        f"Keras cannot load its backend ({error}): set KERAS_BACKEND=torch or jax before it starts"
    ) from error

if TYPE_CHECKING:
    from typing import Any

    Tensor = Any  # of the backend

__all__ = ["Loss"]

_LEAST = -(2**31)  # int32


@keras.saving.register_keras_serializable(package="fastloss")
class Loss(keras.losses.Loss):  # type: ignore[misc]  # Keras has no types
    """A loss of fastloss as a `keras.losses.Loss`: for `compile`, and called ``(y_true, y_pred)``.

    ::

        losses[i] = mean over the last axis of loss(y_pred[i], y_true[i])    for losses of elements
        losses[i] = loss(y_pred[i], y_true[i])                               for losses of classes

    Keras weighs, masks and reduces these, by its own rules; value and gradient of the terms come
    from one pass of fastloss.

    Parameters
    ----------
    loss : fastloss.Loss
        Any loss of ``(pred, target)``, parameters included: ``from_logits`` is the loss's own.
    name : str, optional
        As in Keras; by default the name of the loss.
    reduction : {"sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none"} or None
        As in Keras. ``"sum_over_batch_size"``, the default, and ``"mean"`` divide the weighted sum
        by the number of losses, ``"mean_with_sample_weight"`` by the sum of the weights.
    dtype : str or keras.DTypePolicy, optional
        In what Keras hands over ``y_true`` and ``y_pred``; by default ``keras.config.floatx()``.

    Raises
    ------
    ParameterError
        When the loss is none of ``(pred, target)``, or Keras runs on another backend.
    ShapeError, DTypeError, LabelError, DomainError
        By the calls, as the loss itself does; on the JAX backend labels and domains are judged
        while the program runs and raise `jax.errors.JaxRuntimeError`, or ValueError where it has
        run before, with the same message.
    DeviceError
        When a tensor lies on a device other than the CPU.

    Notes
    -----
    Labels may be of shape ``(n,)`` or ``(n, 1)``, and targets of elements ``(n,)`` beside
    predictions ``(n, 1)``, as Keras allows. Keras turns labels into ``dtype`` before a loss sees
    them, which is exact up to 2**24 in float32; whatever is no integer of 32 bits, such as NaN or
    0.5, is no label. Rows of ``ignore_index`` are masked, as ``ignore_class`` does it in Keras.
    Class weights of the loss multiply its terms, and are no part of what Keras divides by.

    Examples
    --------
    >>> import fastloss as fl
    >>> import fastloss.keras
    >>> import numpy as np
    >>> loss = fl.keras.Loss(fl.Huber(delta=1.0))
    >>> loss
    Loss(Huber(delta=1.0))
    >>> float(loss(np.zeros((1, 2)), np.array([[0.5, 3.0]])))
    1.3125
    """

    def __init__(
        self,
        loss: _base.Loss,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        if not isinstance(loss, _base.Loss):
            raise ParameterError(f"loss is {loss!r}, wanted: a Loss, as fastloss.get makes by name")
        if find(loss.name)[0]["inputs"] != ["pred", "target"]:
            raise ParameterError(
                f"{type(loss).__name__}: a Keras loss takes y_true and y_pred, and this one takes "
                f"{', '.join(find(loss.name)[0]['inputs'])}"
            )
        if keras.backend.backend() not in _DOORS:
            raise ParameterError(
                f"fastloss.keras runs on the backends {' and '.join(_DOORS)}, and Keras on "
                f"{keras.backend.backend()}: set KERAS_BACKEND={' or '.join(_DOORS)} before Keras "
                "is imported"
            )
        super().__init__(name=name or loss.name, reduction=reduction, dtype=dtype)
        self.loss = loss
        self._form: Any = _form(loss) if keras.backend.backend() == "torch" else None

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return the loss of every sample, unreduced."""
        row = find(self.loss.name)[0]
        wanted = list(y_pred.shape)
        if row["labels"]:
            del wanted[self.loss.params.get("axis", -1)]
            y_true = _labels(self.loss, y_true)
        y_true = _reshape(y_true, wanted)
        losses = _DOORS[keras.backend.backend()](self, y_pred, y_true)
        ignored = self.loss.params.get("ignore_index")
        if ignored is not None:
            set_keras_mask(losses, ops.not_equal(y_true, ignored))
        if row["room"] == "pointwise" and len(wanted) > 1:
            return ops.mean(losses, axis=-1)
        return losses

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` makes an equal loss of."""
        parameters = {"loss": self.loss.name, "params": self.loss.params, "dtype": self.dtype}
        return {**super().get_config(), **parameters}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        """Make the loss that a config describes."""
        known = dict(config)
        return cls(get(known.pop("loss"), **known.pop("params")), **known)

    def __repr__(self) -> str:
        """Return which loss it is."""
        return f"Loss({self.loss!r})"


def _labels(loss: _base.Loss, given: Tensor) -> Tensor:
    """Return labels as int32, and whatever is none as a number that the loss refuses.

    Where the numbers are known, the error is raised here and has them in it.
    """
    if not ops.is_tensor(given):
        given = np.asarray(given)
        if given.dtype.kind in "iu":  # a tensor would cut off what lies beyond its type
            bounds = np.iinfo(np.int32)
            _refuse_labels(loss, given, (given >= bounds.min) & (given <= bounds.max))
    given = ops.convert_to_tensor(given)
    kind = keras.backend.standardize_dtype(given.dtype)
    if kind == "bool" or (kind.lstrip("uint") in ("8", "16", "32") and kind != "uint32"):
        return ops.cast(given, "int32")
    if "float" in kind:
        given = ops.cast(given, "float32") if kind in ("float16", "bfloat16") else given
        valid = (given >= float(_LEAST)) & (given < -float(_LEAST)) & (given == ops.floor(given))
    elif kind.startswith("uint"):
        if keras.backend.backend() == "torch":  # which compares no unsigned integers
            given = ops.cast(given, "int64")
        valid = (given >= 0) & (given <= -1 - _LEAST)
    else:
        valid = (given >= _LEAST) & (given <= -1 - _LEAST)
    if _known(given):
        _refuse_labels(loss, _host(given), _host(valid))
    none = _LEAST + (loss.params.get("ignore_index") == _LEAST)
    labels = ops.cast(ops.where(valid, given, ops.zeros_like(given)), "int32")
    return ops.where(valid, labels, ops.zeros_like(labels) + none)  # constants warn in a trace


def _refuse_labels(loss: _base.Loss, given: Any, valid: Any) -> None:
    if valid.all():
        return
    place = tuple(map(int, np.argwhere(~valid)[0]))
    raise LabelError(
        f"{type(loss).__name__}: target{[*place]} is {given[place]}, wanted: integer class labels"
    )


def _host(tensor: Tensor) -> Any:
    if keras.backend.backend() == "torch":
        return tensor.detach().cpu().numpy()
    return np.asarray(tensor)


def _known(tensor: Tensor) -> bool:
    """Whether the numbers of a tensor are there, and nothing records what is done with them."""
    if keras.backend.backend() == "torch":
        from .torch.ways import ordinary

        return ordinary((tensor,))
    import jax

    return not isinstance(tensor, jax.core.Tracer)


def _reshape(target: Tensor, wanted: list[int]) -> Tensor:
    """Add or drop a last axis of length 1, where that is all that differs."""
    given = list(target.shape)
    if given != wanted and [*given, 1] != wanted and given != [*wanted, 1]:
        return target  # for the loss to say so
    return ops.reshape(target, wanted)


def _form(loss: _base.Loss) -> Any:
    """Return a loss as PyTorch records it."""
    from .torch.form import form_of  # here, because Keras on JAX runs without PyTorch

    return form_of(loss)


def _on_jax(loss: Loss, pred: Tensor, target: Tensor) -> Tensor:
    from . import jax

    return jax.value(loss.loss, pred, target, reduction="none")


def _on_torch(loss: Loss, pred: Tensor, target: Tensor) -> Tensor:
    from .torch.autograd import apply

    return apply(loss._form, (pred, target), None, "none", 1.0, loss.loss)


_DOORS = {"torch": _on_torch, "jax": _on_jax}
