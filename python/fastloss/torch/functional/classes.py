"""Classes that exclude each other: `cross_entropy`, `nll_loss` and `multi_margin_loss`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..autograd import apply
from ..call import integer, number
from ..errors import DTypeError, ParameterError, ShapeError
from ..form import Form, parts_of
from .arguments import by_count, modern, of_classes, overridable, same_shape

if TYPE_CHECKING:
    from torch import Tensor


@overridable
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: None = None,
    ignore_index: int = -100,
    reduce: None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross-entropy of classes, as `torch.nn.functional.cross_entropy`.

    Parameters
    ----------
    input : Tensor
        Logits of shape (C,) or (N, C, ...): classes lie along axis 1, or along the only axis.
    target : Tensor
        Class indices in [0, C) of any integer type, without the axis of classes, or probabilities
        >= 0 of the shape of ``input``.
    weight : Tensor, optional
        One weight >= 0 per class.
    size_average, reduce : None
        Deprecated by PyTorch; refused.
    ignore_index : int, default -100
        A class index that marks rows to leave out.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean divides by the weights of the counted indices, and for probabilities by the number
        of rows.
    label_smoothing : float, default 0.0
        Share of the target that is spread evenly over all classes; in [0, 1].

    Returns
    -------
    Tensor
        Of the dtype of ``input``; of shape () or, with ``"none"``,
        that of ``input`` without the classes.

    Raises
    ------
    DeviceError
        When a tensor does not lie on the CPU.
    DTypeError
        When ``target`` or ``weight`` requires grad.
    LabelError
        When an index is neither in [0, C) nor ``ignore_index``.
    ShapeError, ParameterError, DomainError
        When shapes do not fit together, or a value lies outside its range.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import cross_entropy
    >>> cross_entropy(torch.tensor([[0.0, 0.0], [90.0, 0.0]]), torch.tensor([0, -100]))
    tensor(0.6931)
    """
    modern("cross_entropy", size_average, reduce)
    label_smoothing = number("cross_entropy", "label_smoothing", label_smoothing)
    if not 0.0 <= label_smoothing <= 1.0:
        raise ParameterError(
            f"cross_entropy: label_smoothing must be between 0.0 and 1.0, got {label_smoothing}"
        )
    ignored = parts_of(integer("cross_entropy", "ignore_index", ignore_index))
    axis, ending, vectors = of_classes("cross_entropy", input, weight)
    if not same_shape(target, input):
        form = Form(
            "cross_entropy(input, target): sparse_categorical_cross_entropy "
            "from_logits label_smoothing axis" + " ignore_index" * len(ignored) + ending,
            (1.0, label_smoothing, float(axis), *ignored),
            vectors,
        )
        return apply(form, (input, target), None, reduction)
    if not target.is_floating_point():
        raise DTypeError(
            f"cross_entropy: target is {target.dtype} and has the shape of input, wanted: "
            "probabilities in floating point, or class indices without the axis of classes"
        )
    if ignore_index >= 0:
        raise ParameterError("cross_entropy: ignore_index is for class indices, not probabilities")
    form = Form(
        "cross_entropy(input, target): categorical_cross_entropy "
        "from_logits label_smoothing axis" + ending,
        (1.0, label_smoothing, float(axis)),
        vectors,
    )
    return apply(form, (input, target), None, by_count(reduction))


@overridable
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: None = None,
    ignore_index: int = -100,
    reduce: None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of classes, as `torch.nn.functional.nll_loss`.

    Parameters
    ----------
    input : Tensor
        Logarithms of probabilities, of shape (C,) or (N, C, ...): classes lie along axis 1, or
        along the only axis.
    target : Tensor
        Class indices in [0, C) of any integer type, without the axis of classes.
    weight : Tensor, optional
        One weight >= 0 per class.
    size_average, reduce : None
        Deprecated by PyTorch; refused.
    ignore_index : int, default -100
        A class index that marks rows to leave out.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean divides by the weights of the counted indices.

    Returns
    -------
    Tensor
        Of the dtype of ``input``; of shape () or, with ``"none"``,
        that of ``input`` without the classes.

    Raises
    ------
    DeviceError
        When a tensor does not lie on the CPU.
    DTypeError
        When ``target`` is not of integers, or it or ``weight`` requires grad.
    LabelError
        When an index is neither in [0, C) nor ``ignore_index``.
    ShapeError, DomainError
        When shapes do not fit together, or a weight is negative.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import nll_loss
    >>> nll_loss(torch.tensor([[-0.5, -1.0], [-2.0, -0.25]]), torch.tensor([0, 1]))
    tensor(0.3750)
    """
    modern("nll_loss", size_average, reduce)
    ignored = parts_of(integer("nll_loss", "ignore_index", ignore_index))
    axis, ending, vectors = of_classes("nll_loss", input, weight)
    if target.is_floating_point():
        raise DTypeError(f"nll_loss: target is {target.dtype}, wanted: class indices in integers")
    form = Form(
        "nll_loss(input, target): negative_log_likelihood axis"
        + " ignore_index" * len(ignored)
        + ending,
        (float(axis), *ignored),
        vectors,
    )
    return apply(form, (input, target), None, reduction)


@overridable
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
) -> Tensor:
    """Hinges between the class and every other, as `torch.nn.functional.multi_margin_loss`.

    Parameters
    ----------
    input : Tensor
        Scores of shape (C,) or (N, C); () is one class.
    target : Tensor
        Class indices in [0, C) of any integer type, of shape (), (1,) or (N,).
    p : {1, 2}, default 1
        The power of each hinge.
    margin : float, default 1.0
        How much higher the score of the class shall be; >= 0.
    weight : Tensor, optional
        One weight >= 0 per class.
    size_average, reduce : None
        Deprecated by PyTorch; refused.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean divides by the number of rows, whatever they weigh.

    Returns
    -------
    Tensor
        Of the dtype of ``input``; of shape () or, with ``"none"``, that of ``target``.

    Raises
    ------
    DeviceError
        When a tensor does not lie on the CPU.
    DTypeError
        When ``target`` or ``weight`` requires grad.
    LabelError
        When an index is not in [0, C).
    ShapeError, ParameterError, DomainError
        When shapes do not fit together, or a value lies outside its range.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import multi_margin_loss
    >>> multi_margin_loss(torch.tensor([[0.5, 0.0, 1.5, -3.0]]), torch.tensor([0]))
    tensor(0.6250)
    """
    modern("multi_margin_loss", size_average, reduce)
    power = number("multi_margin_loss", "p", p)
    margin = number("multi_margin_loss", "margin", margin)
    if power not in (1, 2):
        raise ParameterError(f"multi_margin_loss: p is {p}, wanted: 1 or 2")
    if input.dim() > 2:
        raise ShapeError(
            f"multi_margin_loss: input has shape {tuple(input.shape)}, wanted: (C,) or (N, C)"
        )
    if input.dim() < 2:
        input = input.reshape((1, -1) if target.dim() == 1 else (-1,))
    _, ending, vectors = of_classes("multi_margin_loss", input, weight)
    form = Form(
        "multi_margin_loss(input, target): multi_margin p margin" + ending,
        (float(power), margin),
        vectors,
    )
    return apply(form, (input, target), None, by_count(reduction))
