"""PyTorch's losses that this door does not have, with what there is instead."""

from __future__ import annotations

from typing import NoReturn

_INSTEAD = {
    "SmoothL1Loss": "HuberLoss(delta=beta) is beta times it",
    "SoftMarginLoss": "BCEWithLogitsLoss has its numbers, for targets (1 + target) / 2",
    "HingeEmbeddingLoss": "torch.nn has it",
}
_FUNCTIONS = {
    "smooth_l1_loss": "SmoothL1Loss",
    "soft_margin_loss": "SoftMarginLoss",
    "hinge_embedding_loss": "HingeEmbeddingLoss",
}


def missing(module: str, name: str) -> NoReturn:
    """Say that a module has no such name, and what to use for a loss of PyTorch."""
    message = f"module {module!r} has no attribute {name!r}"
    if instead := _INSTEAD.get(_FUNCTIONS.get(name, name)):
        message += f"; {instead}"
    raise AttributeError(message, name=name)
