"""What the doors to the boosting libraries share: choice of the loss, checks, buffers, the call."""

from __future__ import annotations

import math
import re
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np

from ._curvature import require_curvature
from ._errors import DeviceError, LabelError, ParameterError, ShapeError
from ._named import prediction_loss
from .registry import find

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._base import Loss
    from ._types import Array, Curvature, Integer, Row


def require(name: str, oldest: tuple[int, int]) -> Any:
    """Import a library, or say how to install it or how old it may be."""
    wanted = f"fastloss.{name} needs {name} {oldest[0]}.{oldest[1]} or later"
    remedy = f'pip install "{name}>={oldest[0]}.{oldest[1]}"'
    try:
        module = import_module(name)
    except ImportError as error:
        raise ImportError(f"{wanted}: {remedy}") from error
    found = tuple(int(part) for part in re.findall(r"\d+", module.__version__)[:2])
    if found < oldest:
        raise ImportError(f"{wanted}, found {module.__version__}: {remedy}")
    return module


def array(what: str, given: Any) -> Array:
    """Return an array of the CPU as NumPy sees it."""
    if not isinstance(given, np.ndarray) and hasattr(given, "__dlpack_device__"):
        device = given.__dlpack_device__()[0]
        if int(device) != 1:  # kDLCPU
            raise DeviceError(
                f"{what} lie on a device of DLPack type {int(device)}: move them to the CPU first"
            )
    return np.asarray(given)


class Scratch(threading.local):
    """Arrays of one thread that are used again by the next call, and grow when it needs more.

    Libraries call objectives from several threads, and the kernels release the GIL: shared arrays
    would be written by one thread while another is still read.
    """

    def __init__(self) -> None:
        self._flat: dict[str, Array] = {}
        self._labels: tuple[Array, Array] | None = None

    def take(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: npt.DTypeLike = np.float32,
        order: Literal["C", "F"] = "C",
    ) -> Array:
        """Return the array of that name, with whatever the last call left in it."""
        size = math.prod(shape)
        flat = self._flat.get(name)
        if flat is None or flat.size < size or flat.dtype != dtype:
            flat = self._flat[name] = np.zeros(size, dtype)
        return flat[:size].reshape(shape, order=order)

    def classes(self, loss: Loss, labels: Array) -> Array:
        """Return labels as integers; those of the last call are compared rather than converted."""
        if labels.dtype.kind in "iub":
            return labels
        if self._labels is None or not np.array_equal(self._labels[0], labels):
            with np.errstate(invalid="ignore"):
                whole = labels.astype(np.int64)
            wrong = np.flatnonzero(whole != labels)
            if wrong.size:
                raise LabelError(
                    f"{type(loss).__name__}: the label of row {wrong[0]} is "
                    f"{labels.flat[wrong[0]]}, wanted: whole numbers from 0"
                )
            self._labels = labels.copy(), whole
        return self._labels[1]


class Door:
    """A loss of raw scores as a library calls it; it never changes, and pickles without buffers.

    Parameters
    ----------
    loss : Loss or str
        A name is made into a loss of raw scores: ``from_logits=True`` where it has that parameter.
    params : dict
        The parameters of a loss that is given by name.
    """

    classes_hint: ClassVar[str] = ""
    made_by: ClassVar[str] = ""

    def __init__(self, loss: Loss | str, params: dict[str, Any], **settings: Any) -> None:
        self.loss, self._row = _chosen(loss, params)
        self._settings = settings
        self._scratch = Scratch()
        threads = settings.get("n_threads")
        if threads is not None and (
            isinstance(threads, bool) or not isinstance(threads, int | np.integer) or threads < 1
        ):
            raise ParameterError(f"n_threads is {threads!r}, wanted: an integer >= 1 or None")
        self.n_threads: Integer | None = threads

    @property
    def __name__(self) -> str:
        """The name of the loss, for libraries that ask functions for theirs."""
        return self.loss.name

    def __repr__(self) -> str:
        kind = type(self)
        given = (
            f", {name}={value!r}" for name, value in self._settings.items() if value is not None
        )
        return (
            f"{kind.__module__}.{kind.made_by or kind.__qualname__}({self.loss!r}{''.join(given)})"
        )

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # it never changes; and sklearn.clone of a CatBoost model wants the same object

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_scratch"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _scratch=Scratch())

    def _inputs(
        self, pred: Any, target: Any, weight: Any
    ) -> tuple[Array, Array, Array | None, Array | None]:
        """Return predictions, targets, weights as the loss takes them, and weights per result."""
        pred, target = array("predictions", pred), array("labels", target)
        name = type(self.loss).__name__
        if self._row["room"] == "rows":
            self._check_classes(pred)
        elif pred.shape != target.shape:
            raise ShapeError(
                f"{name}: labels have shape {target.shape}, predictions {pred.shape}; "
                "every predicted number needs its own label"
            )
        if self._row["labels"]:
            target = self._scratch.classes(self.loss, target)
        if weight is None:
            return pred, target, None, None
        weight = array("weights", weight)
        if weight.shape != pred.shape[:1]:
            raise ShapeError(
                f"{name}: weights have shape {weight.shape}, wanted one per row: {pred.shape[:1]}"
            )
        column = weight if pred.ndim == 1 else weight[:, np.newaxis]
        return pred, target, weight if self._row["room"] == "rows" else column, column

    def _check_classes(self, pred: Array) -> None:
        name, wanted = type(self.loss).__name__, self._settings.get("num_class")
        if pred.ndim != 2:
            raise ShapeError(
                f"{name}: predictions have shape {pred.shape}, wanted a column per class; "
                f"{self.classes_hint}"
            )
        if wanted is not None and pred.shape[1] != wanted:
            raise ShapeError(
                f"{name}: predictions have {pred.shape[1]} columns, num_class is {wanted}; "
                f"{self.classes_hint}"
            )


class Objective(Door):
    """The derivatives of every row, as float32; no Hessian is below its floor."""

    order: ClassVar[Literal["C", "F"]] = "C"

    def __init__(
        self,
        loss: Loss | str,
        params: dict[str, Any],
        *,
        curvature: Curvature = "positive",
        hess_floor: float = 1e-6,
        scale: float = 1.0,
        **settings: Any,
    ) -> None:
        super().__init__(
            loss, params, curvature=curvature, hess_floor=hess_floor, scale=scale, **settings
        )
        if curvature not in ("exact", "positive"):
            raise ParameterError(f"curvature is {curvature!r}, wanted: 'exact' or 'positive'")
        if not 0 <= hess_floor < math.inf:
            raise ParameterError(f"hess_floor is {hess_floor!r}, wanted: a finite number >= 0")
        if not 0 < scale < math.inf:
            raise ParameterError(f"scale is {scale!r}, wanted: a finite number > 0")
        require_curvature(self.loss, hess_floor)
        self.curvature: Curvature = curvature
        self.scale = float(scale)
        self.floor = float(hess_floor) * self.scale
        num_class = settings.get("num_class")
        if num_class is not None and (self._row["room"] != "rows" or num_class < 2):
            raise ParameterError(
                f"{type(self.loss).__name__}: num_class is {num_class!r}, wanted: "
                + (
                    "an integer >= 2"
                    if self._row["room"] == "rows"
                    else "None, there are no classes"
                )
            )

    def _derivatives(self, pred: Any, target: Any, weight: Any) -> tuple[Array, Array]:
        """Return the buffers with gradient and Hessian, both float32 in the order of the class."""
        pred, target, weight, column = self._inputs(pred, target, weight)
        grad, hess = (self._scratch.take(n, pred.shape, order=self.order) for n in ("g", "h"))
        out = grad, hess
        if pred.dtype != np.float32:  # the kernels write the dtype of the predictions
            wide = pred.dtype if pred.dtype.kind == "f" else np.dtype(np.float64)
            out = (
                self._scratch.take("wide g", pred.shape, wide, self.order),
                self._scratch.take("wide h", pred.shape, wide, self.order),
            )
        self.loss.grad_and_hess(
            pred,
            target,
            curvature=self.curvature,
            sample_weight=weight,
            reduction="sum",
            scale=self.scale,
            out=out,
            n_threads=self.n_threads,
        )
        if out[0] is not grad:
            np.copyto(grad, out[0], casting="same_kind")
        # A row of weight w is w rows, so its floor is w floors.
        floor: Any = self.floor
        if column is not None:
            floor = np.multiply(column, floor, out=self._scratch.take("floor", column.shape))
        np.maximum(out[1], floor, out=hess, casting="same_kind")
        return grad, hess


class Metric(Door):
    """The weighted mean of a loss, under a name."""

    def __init__(self, loss: Loss | str, params: dict[str, Any], **settings: Any) -> None:
        super().__init__(loss, params, **settings)
        self.name: str = settings.get("name") or self.loss.name

    @property
    def __name__(self) -> str:
        """The name that the library prints."""
        return self.name

    def _mean(self, pred: Any, target: Any, weight: Any) -> float:
        pred, target, weight, _ = self._inputs(pred, target, weight)
        return float(self.loss(pred, target, sample_weight=weight, n_threads=self.n_threads))


def _chosen(loss: Loss | str, params: dict[str, Any]) -> tuple[Loss, Row]:
    """Return the loss and its row in the table, or say why boosting cannot use it."""
    loss = prediction_loss(loss, params, raw=True)
    row, kind = find(loss.name)
    if loss.params.get("axis", -1) != -1:
        raise ParameterError(
            f"{kind.__name__}: axis is {loss.params['axis']}, wanted: -1, "
            "for the classes are the last axis of predictions"
        )
    return loss, row
