"""Losses of two inputs and a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from ._base import GRAD, GRAD_AND_HESS, VALUE, VALUE_AND_GRAD, Loss
from ._core import run

if TYPE_CHECKING:
    from typing import Literal, TypeAlias, Unpack

    from ._types import Array, ArrayInput, Curvature, Integer, Options, Reduced, Reduction

    Pair: TypeAlias = tuple[Array, Array]
    PairOut: TypeAlias = tuple[Array | None, Array | None]


class PairLoss(Loss):
    """A loss of ``(a, b, target)`` with two gradients, those of ``a`` and ``b``.

    A *loss term* belongs to a pair of vectors, which lie along the last axis. All methods take the
    same arguments.

    Parameters
    ----------
    a, b : array_like
        The two sides of each pair, of shape ``(..., D)``: float16, bfloat16, float32 or float64, of
        any strides. Arrays keep their dtype; lists become float64.
    target : array_like
        One target per pair, of shape ``(...)`` and any real dtype, integers and bool included.
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
        When a value is outside its domain, such as a target of 2 or a negative weight.
    ParameterError
        When an option such as ``reduction``, ``n_threads`` or ``out`` cannot be used.
    """

    __slots__ = ()

    @overload
    def __call__(
        self,
        a: ArrayInput,
        b: ArrayInput,
        target: ArrayInput,
        *,
        out: None = None,
        **options: Unpack[Reduced],
    ) -> float: ...
    @overload
    def __call__(
        self,
        a: ArrayInput,
        b: ArrayInput,
        target: ArrayInput,
        *,
        out: Array,
        **options: Unpack[Reduced],
    ) -> Array: ...
    @overload
    def __call__(
        self,
        a: ArrayInput,
        b: ArrayInput,
        target: ArrayInput,
        *,
        reduction: Literal["none"],
        out: Array | None = None,
        **options: Unpack[Options],
    ) -> Array: ...
    def __call__(
        self,
        a: ArrayInput,
        b: ArrayInput,
        target: ArrayInput,
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
            self._spec, VALUE, sample_weight, reduction, scale, out, n_threads, a, b, target
        )
        return value

    @overload
    def value_and_grad(
        self,
        a: ArrayInput,
        b: ArrayInput,
        target: ArrayInput,
        *,
        out: PairOut | tuple[Array | None, PairOut | None] | None = None,
        **options: Unpack[Reduced],
    ) -> tuple[float, Pair]: ...
    @overload
    def value_and_grad(
        self,
        a: ArrayInput,
        b: ArrayInput,
        target: ArrayInput,
        *,
        reduction: Literal["none"],
        out: tuple[Array | None, PairOut | None] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Array, Pair]: ...
    def value_and_grad(
        self,
        a: ArrayInput,
        b: ArrayInput,
        target: ArrayInput,
        *,
        sample_weight: ArrayInput | None = None,
        reduction: Reduction = "mean",
        scale: float = 1.0,
        out: object = None,
        n_threads: Integer | None = None,
    ) -> object:
        """Return ``(value, (grad_a, grad_b))``, computed in one pass.

        The arguments are those of the class. Each gradient has the shape and dtype of its input.
        ``out`` is the pair of arrays for the gradients, or with ``reduction="none"``
        ``(values, (grad_a, grad_b))``; None in it stands for a new array.
        """
        return run(
            self._spec,
            VALUE_AND_GRAD,
            sample_weight,
            reduction,
            scale,
            out,
            n_threads,
            a,
            b,
            target,
        )

    def grad(
        self,
        a: ArrayInput,
        b: ArrayInput,
        target: ArrayInput,
        *,
        sample_weight: ArrayInput | None = None,
        reduction: Reduction = "mean",
        scale: float = 1.0,
        out: PairOut | None = None,
        n_threads: Integer | None = None,
    ) -> Pair:
        """Return ``(grad_a, grad_b)``.

        The arguments are those of the class. Each gradient has the shape and dtype of its input;
        ``out`` is the pair of arrays for them.
        """
        gradient: Pair = run(
            self._spec, GRAD, sample_weight, reduction, scale, out, n_threads, a, b, target
        )
        return gradient

    def grad_and_hess(
        self,
        a: ArrayInput,
        b: ArrayInput,
        target: ArrayInput,
        *,
        curvature: Curvature = "exact",
        sample_weight: ArrayInput | None = None,
        reduction: Reduction = "mean",
        scale: float = 1.0,
        out: tuple[PairOut | None, PairOut | None] | None = None,
        n_threads: Integer | None = None,
    ) -> tuple[Pair, Pair]:
        """Return the pair of gradients and the pair of Hessian diagonals.

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
        ``((grad_a, grad_b), (hess_a, hess_b))``.
        """
        mode = GRAD_AND_HESS if curvature == "exact" else self._surrogate(curvature)
        result: tuple[Pair, Pair] = run(
            self._spec, mode, sample_weight, reduction, scale, out, n_threads, a, b, target
        )
        return result
