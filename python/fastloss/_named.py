"""A loss of one prediction and one target, given as such or by its name."""

from __future__ import annotations

from typing import Any

from ._base import Loss
from ._errors import ParameterError
from .registry import find, get


def prediction_loss(loss: Loss | str, params: dict[str, Any], raw: bool) -> Loss:
    """Return the loss; of a name, with ``from_logits=True`` where scores are raw."""
    if isinstance(loss, str):
        row, _ = find(loss)
        if raw and any(parameter["name"] == "from_logits" for parameter in row["parameters"]):
            params = {"from_logits": True, **params}
        loss = get(loss, **params)
    elif not isinstance(loss, Loss):
        raise ParameterError(f"a loss is wanted, or its name, not {loss!r}")
    elif params:
        raise ParameterError(
            f"{type(loss).__name__}: {', '.join(params)} can only be given with the name of a "
            f"loss; {loss!r} has its parameters"
        )
    row = find(loss.name)[0]
    if row["inputs"] != ["pred", "target"]:
        raise ParameterError(
            f"{type(loss).__name__}: takes {', '.join(row['inputs'])}; "
            "wanted: a loss of pred and target"
        )
    if row["arguments"][0]["shape"] not in ("*b", "*b C"):
        raise ParameterError(
            f"{type(loss).__name__}: a term of it is more than one number and no row of classes; "
            "wanted: a loss of pred and target, number by number or class by class"
        )
    return loss
