"""Losses as modules: PyTorch's own, with their arguments and buffers, and any loss of fastloss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from .._base import Loss as AnyLoss
from ..registry import find
from . import functional
from .autograd import apply
from .call import number, parameter
from .errors import ParameterError
from .form import form_of
from .ways import ordinary

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "Loss",
    "MSELoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "TripletMarginLoss",
]


class _Module(torch.nn.Module):  # type: ignore[misc]
    """What the modules of this door share."""

    def __prepare_scriptable__(self) -> Any:
        raise RuntimeError(
            f"fastloss.torch.{type(self).__name__} cannot be scripted; use torch.jit.trace, "
            "torch.export or torch.compile"
        )


class MSELoss(_Module, torch.nn.MSELoss):  # type: ignore[misc]
    """`torch.nn.MSELoss`, computed by fastloss."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Module, torch.nn.L1Loss):  # type: ignore[misc]
    """`torch.nn.L1Loss`, computed by fastloss."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.l1_loss(input, target, reduction=self.reduction)


class HuberLoss(_Module, torch.nn.HuberLoss):  # type: ignore[misc]
    """`torch.nn.HuberLoss`, computed by fastloss."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class BCELoss(_Module, torch.nn.BCELoss):  # type: ignore[misc]
    """`torch.nn.BCELoss`, computed by fastloss."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.binary_cross_entropy(
            input, target, weight=self.weight, reduction=self.reduction
        )


class BCEWithLogitsLoss(_Module, torch.nn.BCEWithLogitsLoss):  # type: ignore[misc]
    """`torch.nn.BCEWithLogitsLoss`, computed by fastloss."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(
            input,
            target,
            weight=self.weight,
            pos_weight=self.pos_weight,
            reduction=self.reduction,
        )


class CrossEntropyLoss(_Module, torch.nn.CrossEntropyLoss):  # type: ignore[misc]
    """`torch.nn.CrossEntropyLoss`, computed by fastloss."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(_Module, torch.nn.NLLLoss):  # type: ignore[misc]
    """`torch.nn.NLLLoss`, computed by fastloss."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.nll_loss(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


class MultiMarginLoss(_Module, torch.nn.MultiMarginLoss):  # type: ignore[misc]
    """`torch.nn.MultiMarginLoss`, computed by fastloss."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.multi_margin_loss(
            input,
            target,
            p=self.p,
            margin=self.margin,
            weight=self.weight,
            reduction=self.reduction,
        )


class MultiLabelSoftMarginLoss(_Module, torch.nn.MultiLabelSoftMarginLoss):  # type: ignore[misc]
    """`torch.nn.MultiLabelSoftMarginLoss`, computed by fastloss."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.multilabel_soft_margin_loss(
            input, target, weight=self.weight, reduction=self.reduction
        )


class GaussianNLLLoss(_Module, torch.nn.GaussianNLLLoss):  # type: ignore[misc]
    """`torch.nn.GaussianNLLLoss`, computed by fastloss."""

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        return functional.gaussian_nll_loss(
            input, target, var, full=self.full, eps=self.eps, reduction=self.reduction
        )


class PoissonNLLLoss(_Module, torch.nn.PoissonNLLLoss):  # type: ignore[misc]
    """`torch.nn.PoissonNLLLoss`, computed by fastloss."""

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        return functional.poisson_nll_loss(
            log_input,
            target,
            log_input=self.log_input,
            full=self.full,
            eps=self.eps,
            reduction=self.reduction,
        )


class KLDivLoss(_Module, torch.nn.KLDivLoss):  # type: ignore[misc]
    """`torch.nn.KLDivLoss`, computed by fastloss."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return functional.kl_div(
            input, target, reduction=self.reduction, log_target=self.log_target
        )


class CosineEmbeddingLoss(_Module, torch.nn.CosineEmbeddingLoss):  # type: ignore[misc]
    """`torch.nn.CosineEmbeddingLoss`, computed by fastloss."""

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return functional.cosine_embedding_loss(
            input1, input2, target, margin=self.margin, reduction=self.reduction
        )


class TripletMarginLoss(_Module, torch.nn.TripletMarginLoss):  # type: ignore[misc]
    """`torch.nn.TripletMarginLoss`, computed by fastloss."""

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return functional.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class Loss(_Module):
    """Any loss of fastloss as a module, by the conventions of fastloss.

    Parameters
    ----------
    loss : fastloss.Loss or str
        A loss, which is used as it is, or the name of one. By name a loss that knows both takes
        logits, unless ``from_logits=False`` is given.
    reduction : {"mean", "sum", "none"}, default "mean"
        As fastloss takes it: a weighted mean divides by the sum of the weights.
    scale : float, default 1.0
        Multiplies value and derivatives.
    **params
        The parameters of a loss given by name.

    Raises
    ------
    ParameterError
        When the loss, a parameter or the reduction does not exist.

    Examples
    --------
    >>> import fastloss as fl
    >>> import fastloss.torch as ft
    >>> import torch
    >>> a, b = torch.zeros(1, 2, requires_grad=True), torch.tensor([[0.5, 0.0]])
    >>> loss = ft.Loss(fl.Contrastive(margin=1.0))(a, b, torch.tensor([0]))
    >>> loss.backward()
    >>> loss.item(), a.grad
    (0.25, tensor([[1., 0.]]))
    """

    def __init__(
        self,
        loss: AnyLoss | str,
        reduction: str = "mean",
        scale: float = 1.0,
        **params: object,
    ) -> None:
        super().__init__()
        if isinstance(loss, str):
            row, kind = find(loss)
            known = [parameter["name"] for parameter in row["parameters"]]
            for name, value in params.items():
                parameter(kind.__name__, name, value)
                if name not in known:
                    takes = ", ".join(known) or "none"
                    raise ParameterError(
                        f"{kind.__name__}: there is no parameter {name!r}; it takes {takes}"
                    )
            if "from_logits" in known:
                params = {"from_logits": True, **params}
            loss = kind(**params)
        elif not isinstance(loss, AnyLoss) or params:
            raise ParameterError(
                f"fastloss.torch.Loss: {loss!r} with {params}, wanted: a loss of fastloss, or the "
                "name of one with its parameters"
            )
        if reduction not in ("mean", "sum", "none"):
            raise ParameterError(
                f"fastloss.torch.Loss: reduction is {reduction!r}, wanted: 'mean', 'sum' or 'none'"
            )
        self._loss = loss
        self.reduction = reduction
        self.scale = number(type(loss).__name__, "scale", scale)
        self._form = form_of(loss)

    @property
    def loss(self) -> AnyLoss:
        """The loss, which another one cannot replace: make another module."""
        return self._loss

    def forward(self, *inputs: Tensor, sample_weight: Tensor | None = None) -> Any:
        """Return the value for ``pred, target``, or for the tensors of a pair or triplet loss."""
        if not isinstance(inputs, tuple):
            raise RuntimeError(
                "fastloss.torch.Loss has as many inputs as its loss, and cannot be the root of "
                "torch.fx.symbolic_trace; trace a module that calls it"
            )
        form = self._form
        if form.vectors and not torch.compiler.is_compiling() and not ordinary(inputs):
            form = form_of(self._loss)  # in which a mode or a recorder has seen the tensors made
        return apply(form, inputs, sample_weight, self.reduction, self.scale, loss=self._loss)

    def extra_repr(self) -> str:
        return f"{self.loss!r}, reduction={self.reduction!r}"
