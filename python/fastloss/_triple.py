"""Losses of an anchor, a positive and a negative example."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from ._base import GRAD, GRAD_AND_HESS, VALUE, VALUE_AND_GRAD, Loss
from ._core import run

if TYPE_CHECKING:
    from typing import Literal, TypeAlias, Unpack

    from ._types import Array, ArrayInput, Curvature, Integer, Options, Reduced, Reduction

    Triple: TypeAlias = tuple[Array, Array, Array]
    TripleOut: TypeAlias = tuple[Array | None, Array | None, Array | None]


class TripleLoss(Loss):
    """A loss of ``(anchor, positive, negative)`` with a gradient for each of the three.

    A *loss term* belongs to three vectors, which lie along the last axis. All methods take the same
    arguments.

    Parameters
    ----------
    anchor, positive, negative : array_like
        The vectors, of one shape ``(..., D)``: float16, bfloat16, float32 or float64, of any
        strides. Arrays keep their dtype; lists become float64.
    sample_weight : array_like, optional
        One weight >= 0 per loss term, or fewer trailing axes that broadcast to exactly the shape of
        the terms: of terms (n, m), ``w`` of shape (m,) has one weight per column, and
        ``w[:, None]`` of a ``w`` of shape (n,) one per row. A term of weight 0 counts for nothing,
        even where it is infinite or NaN.
    reduction : {"mean", "sum", "none"}, default "mean"
        ``"mean"`` is ``sum(w * loss) / sum(w)``, ``"sum"`` is ``sum(w * loss)``, ``"none"`` keeps
        ``w * loss`` term by term. A gradient is that of the reduced number; with ``"none"`` it is
        each term's own, as with ``"sum"``.
    scale : float, default 1.0
        Multiplies value and derivatives.
    out : ndarray or tuple, optional
        Where to write the results; returned in their place. See each method for its form. An
        output may be the input whose gradient it takes, but must not overlap an input otherwise.
    n_threads : int, optional
        The number of threads for this call alone. It never changes a bit of the result.

    Raises
    ------
    ShapeError
        When shapes do not fit together; nothing is broadcast but ``sample_weight``.
    DTypeError
        When an array is of a kind that is not taken, such as integers for a real input.
    DomainError
        When a value is outside its domain, such as a negative or NaN weight.
    ParameterError
        When an option such as ``reduction``, ``n_threads`` or ``out`` cannot be used.
    """

    __slots__ = ()

    @overload
    def __call__(
        self,
        anchor: ArrayInput,
        positive: ArrayInput,
        negative: ArrayInput,
        *,
        out: None = None,
        **options: Unpack[Reduced],
    ) -> float: ...
    @overload
    def __call__(
        self,
        anchor: ArrayInput,
        positive: ArrayInput,
        negative: ArrayInput,
        *,
        out: Array,
        **options: Unpack[Reduced],
    ) -> Array: ...
    @overload
    def __call__(
        self,
        anchor: ArrayInput,
        positive: ArrayInput,
        negative: ArrayInput,
        *,
        reduction: Literal["none"],
        out: Array | None = None,
        **options: Unpack[Options],
    ) -> Array: ...
    def __call__(
        self,
        anchor: ArrayInput,
        positive: ArrayInput,
        negative: ArrayInput,
        *,
        sample_weight: ArrayInput | None = None,
        reduction: Reduction = "mean",
        scale: float = 1.0,
        out: Array | None = None,
        n_threads: Integer | None = None,
    ) -> float | Array:
        """Return the value of the loss.

        The arguments are those of the class. The result is a float, or with ``reduction="none"`` an
        array of the shape of the loss terms. ``out`` is such an array; for a reduced value it is a
        float64 array of shape ``()``.
        """
        value: float | Array = run(
            self._spec,
            VALUE,
            sample_weight,
            reduction,
            scale,
            out,
            n_threads,
            anchor,
            positive,
            negative,
        )
        return value

    @overload
    def value_and_grad(
        self,
        anchor: ArrayInput,
        positive: ArrayInput,
        negative: ArrayInput,
        *,
        out: TripleOut | tuple[Array | None, TripleOut | None] | None = None,
        **options: Unpack[Reduced],
    ) -> tuple[float, Triple]: ...
    @overload
    def value_and_grad(
        self,
        anchor: ArrayInput,
        positive: ArrayInput,
        negative: ArrayInput,
        *,
        reduction: Literal["none"],
        out: tuple[Array | None, TripleOut | None] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Array, Triple]: ...
    def value_and_grad(
        self,
        anchor: ArrayInput,
        positive: ArrayInput,
        negative: ArrayInput,
        *,
        sample_weight: ArrayInput | None = None,
        reduction: Reduction = "mean",
        scale: float = 1.0,
        out: object = None,
        n_threads: Integer | None = None,
    ) -> object:
        """Return ``(value, (grad_anchor, grad_positive, grad_negative))``, computed in one pass.

        The arguments are those of the class. Each gradient has the shape and dtype of its input.
        ``out`` is the triple of arrays for the gradients, or with ``reduction="none"``
        ``(values, gradients)``; None in it stands for a new array.
        """
        return run(
            self._spec,
            VALUE_AND_GRAD,
            sample_weight,
            reduction,
            scale,
            out,
            n_threads,
            anchor,
            positive,
            negative,
        )

    def grad(
        self,
        anchor: ArrayInput,
        positive: ArrayInput,
        negative: ArrayInput,
        *,
        sample_weight: ArrayInput | None = None,
        reduction: Reduction = "mean",
        scale: float = 1.0,
        out: TripleOut | None = None,
        n_threads: Integer | None = None,
    ) -> Triple:
        """Return ``(grad_anchor, grad_positive, grad_negative)``.

        The arguments are those of the class. Each gradient has the shape and dtype of its input;
        ``out`` is the triple of arrays for them.
        """
        gradient: Triple = run(
            self._spec,
            GRAD,
            sample_weight,
            reduction,
            scale,
            out,
            n_threads,
            anchor,
            positive,
            negative,
        )
        return gradient

    def grad_and_hess(
        self,
        anchor: ArrayInput,
        positive: ArrayInput,
        negative: ArrayInput,
        *,
        curvature: Curvature = "exact",
        sample_weight: ArrayInput | None = None,
        reduction: Reduction = "mean",
        scale: float = 1.0,
        out: tuple[TripleOut | None, TripleOut | None] | None = None,
        n_threads: Integer | None = None,
    ) -> tuple[Triple, Triple]:
        """Return the triple of gradients and the triple of Hessian diagonals.

        Parameters
        ----------
        curvature : {"exact", "positive"}, default "exact"
            ``"exact"`` is the second derivative, which may be negative. ``"positive"`` is a
            non-negative surrogate for Newton steps, equal to the exact one where the loss is
            convex; the class names it.

        Notes
        -----
        The other arguments are those of the class. Both results are of the shape and dtype of
        their inputs, and for ``reduction="mean"`` the derivatives of the mean. ``out`` is
        ``(gradients, hessians)``.
        """
        mode = GRAD_AND_HESS if curvature == "exact" else self._surrogate(curvature)
        result: tuple[Triple, Triple] = run(
            self._spec,
            mode,
            sample_weight,
            reduction,
            scale,
            out,
            n_threads,
            anchor,
            positive,
            negative,
        )
        return result
