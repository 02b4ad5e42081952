"""Losses of data that are larger than memory, or lie on several machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._core import Totals
from ._errors import ParameterError

if TYPE_CHECKING:
    from typing import Literal, Self

    from ._base import Loss
    from ._types import ArrayInput, Integer

__all__ = ["Stream"]


class Stream:
    r"""The loss of chunks of data, as if they had come in one call.

    .. math::

        \mathrm{mean} = \frac{\sum_c \sum_i w_i \ell_i}{\sum_c \sum_i w_i},
        \qquad \mathrm{sum} = \sum_c \sum_i w_i \ell_i

    over all chunks c. Both sums are kept exactly, in fixed point as wide as the exponents of
    float64, so neither the order of `update` and `merge` nor the number of threads changes a bit.
    The chunks themselves do not either where each but the last has a multiple of 2048 loss terms
    (losses of rows and of vectors: any number of them); other chunks give the result within one
    ULP of float64.

    A stream is made by a loss, ``loss.stream()``. It is picklable, and may be updated by several
    threads at once.

    Parameters
    ----------
    loss : Loss
        Any loss of fastloss.
    reduction : {"mean", "sum"}, default "mean"
        What `value` returns.

    Raises
    ------
    ParameterError
        When the reduction is another.

    References
    ----------
    U. Kulisch (2008), *Computer Arithmetic and Validity*, for the long accumulator.

    Examples
    --------
    >>> import fastloss as fl
    >>> stream = fl.MeanSquaredError().stream()
    >>> for chunk in ([1.0, 2.0], [5.0]):
    ...     stream.update(chunk, [0.0] * len(chunk))
    >>> stream.value
    10.0
    >>> stream.weight
    3.0
    """

    __slots__ = ("_loss", "_reduction", "_totals")

    def __init__(self, loss: Loss, reduction: Literal["mean", "sum"] = "mean") -> None:
        if reduction not in ("mean", "sum"):
            raise ParameterError(
                f"{type(loss).__name__}: reduction is {reduction!r}, wanted: 'mean' or 'sum'"
            )
        self._loss = loss
        self._reduction = reduction
        self._totals = Totals()

    @property
    def loss(self) -> Loss:
        """The loss."""
        return self._loss

    @property
    def reduction(self) -> str:
        """What `value` returns: ``"mean"`` or ``"sum"``."""
        return self._reduction

    def update(
        self,
        *inputs: ArrayInput,
        sample_weight: ArrayInput | None = None,
        n_threads: Integer | None = None,
        **named: ArrayInput,
    ) -> None:
        """Add a chunk.

        Parameters
        ----------
        *inputs : array_like
            What the loss takes: ``pred, target``, or the arrays of a pair loss.
        sample_weight : array_like, optional
            As in a call of the loss.
        n_threads : int, optional
            As in a call of the loss.
        **named : array_like
            Inputs by their names.

        Raises
        ------
        FastlossError, TypeError
            As in a call of the loss; a chunk that raises adds nothing.
        """
        self._totals.add(self._loss._spec, sample_weight, n_threads, *inputs, **named)

    def merge(self, other: Stream) -> Self:
        """Add all that another stream has seen, and return this one.

        Raises
        ------
        ParameterError
            When the other is not a stream of an equal loss.
        """
        if not isinstance(other, Stream) or other._loss != self._loss:
            what = f"one of {other._loss!r}" if isinstance(other, Stream) else f"{other!r}"
            raise ParameterError(f"a stream of {self._loss!r} cannot take in {what}")
        self._totals.merge(other._totals)
        return self

    @property
    def weight(self) -> float:
        """The total weight of the loss terms so far; without weights, their number."""
        return self._totals.weight

    @property
    def value(self) -> float:
        """The mean or the sum so far. The mean of no weight at all is NaN."""
        return self._totals.sum if self._reduction == "sum" else self._totals.mean

    def __repr__(self) -> str:
        """Return what the stream is of, and what it has seen."""
        return (
            f"<Stream of {self._loss!r}: {self._reduction} {self.value!r}, weight {self.weight!r}>"
        )
