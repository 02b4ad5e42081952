"""`operators.constants` where it may be differentiated: numbers, or an error that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.autograd import forward_ad

from . import operators
from .errors import DTypeError
from .form import Form
from .ways import forward_mode, transformed, way

if TYPE_CHECKING:
    from collections.abc import Sequence


def _at_this_level(
    form: str,
    numbers: Sequence[float],
    vectors: Sequence[torch.Tensor],
    inputs: Sequence[torch.Tensor],
    weight: torch.Tensor | None,
    *rest: Any,
) -> Any:
    names = Form(form).names
    for which, tensor in zip((*names.inputs, "sample_weight"), (*inputs, weight), strict=True):
        if tensor is not None and (state := _followed(tensor)):
            raise DTypeError(
                f"{names.called}: {which} {state} by {way()}, and value_and_grad gives constants; "
                f"use fastloss.torch.Loss, or pass {which} without it"
            )
    with torch._C._AutoDispatchBelowAutograd():
        return operators.constants(form, numbers, vectors, inputs, weight, *rest)


def _followed(tensor: torch.Tensor) -> str:
    """Return how a derivative at this level, which nothing would tell of its loss, comes by."""
    if transformed() and torch.is_grad_enabled() and tensor.requires_grad:
        return "requires grad"
    if not forward_mode() or not torch._C._is_fwd_grad_enabled():
        return ""
    # Of torch.func, each level has its own.
    return "" if forward_ad.unpack_dual(tensor, level=0).tangent is None else "has a tangent"


constants = operators.constants
operators.LIBRARY.impl("constants", _at_this_level, "Autograd")
