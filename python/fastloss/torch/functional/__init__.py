"""Losses as functions, with the arguments and the numbers of ``torch.nn.functional``.

What PyTorch calls ``input`` may be float16, bfloat16, float32 or float64, of any strides. Sums are
exact and derivatives come from the pass that computes the value. ``size_average`` and ``reduce``,
which PyTorch has deprecated, are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..absent import missing
from .binary import binary_cross_entropy, binary_cross_entropy_with_logits, sigmoid_focal_loss
from .classes import cross_entropy, multi_margin_loss, nll_loss
from .embedding import cosine_embedding_loss, triplet_margin_loss
from .likelihood import gaussian_nll_loss, kl_div, poisson_nll_loss
from .multilabel import multilabel_soft_margin_loss
from .regression import huber_loss, l1_loss, mse_loss

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cross_entropy",
    "gaussian_nll_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "sigmoid_focal_loss",
    "triplet_margin_loss",
]


if not TYPE_CHECKING:  # a checker that saw it would let every name pass

    def __getattr__(name):
        missing(__name__, name)
