"""The door to PyTorch: losses with autograd, named and parameterised as those of ``torch.nn``.

`functional` and `modules` have PyTorch's losses with PyTorch's arguments and numbers, computed by
the kernels of fastloss, value and gradient in one pass. `Loss` makes a module of any loss of
fastloss, by fastloss's conventions, and `value_and_grad` does without autograd. Tensors lie on the
CPU and are read, and gradients written, where they lie.

>>> import torch
>>> import fastloss.torch as ft
>>> logits = torch.tensor([[2.0, 0.0], [0.0, 0.0]], requires_grad=True)
>>> loss = ft.CrossEntropyLoss()(logits, torch.tensor([0, 1]))
>>> loss.backward()
>>> logits.grad[1]
tensor([ 0.2500, -0.2500])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import torch
except ImportError as error:
    raise ImportError('fastloss.torch needs PyTorch: pip install "torch>=2.4"') from error

if not hasattr(torch.library, "register_vmap"):
    raise ImportError(
        f"fastloss.torch needs PyTorch 2.5 or later, this is {torch.__version__}: "
        'pip install --upgrade "torch>=2.5"'
    )

from . import functional
from .absent import missing
from .autograd import value_and_grad
from .modules import (
    BCELoss,
    BCEWithLogitsLoss,
    CosineEmbeddingLoss,
    CrossEntropyLoss,
    GaussianNLLLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    Loss,
    MSELoss,
    MultiLabelSoftMarginLoss,
    MultiMarginLoss,
    NLLLoss,
    PoissonNLLLoss,
    TripletMarginLoss,
)

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
    "functional",
    "value_and_grad",
]


if not TYPE_CHECKING:  # a checker that saw it would let every name pass

    def __getattr__(name):
        missing(__name__, name)
