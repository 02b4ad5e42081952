"""Losses by name: the tables of the compiled core, joined with the classes of the face."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

from ._core import rows
from ._errors import ParameterError
from ._habits import OF_TORCH, name_hint, parameter_hint, plain

if TYPE_CHECKING:
    from ._base import Loss
    from ._types import ParameterRow, Row

__all__ = ["domain_of", "find", "get", "input_names", "losses", "words"]

_ROWS: dict[str, Row] = {row["name"]: row for row in rows()}
_CLASSES: dict[str, type[Loss]] = {  # the module of a family has its name
    name: getattr(import_module(f".{row['family']}", __package__), row["class_name"])
    for name, row in _ROWS.items()
}
_NAMES = {
    plain(word): name
    for name, row in _ROWS.items()
    for word in (name, row["class_name"], *row["aliases"])
}


def losses() -> list[str]:
    """Return the names of all losses, family after family.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.losses()[:3]
    ['mean_squared_error', 'mean_absolute_error', 'huber']
    """
    return list(_ROWS)


def find(name: str) -> tuple[Row, type[Loss]]:
    """Return the table row and the class of a loss, by name or alias.

    Parameters
    ----------
    name : str
        The name, the class's name or an alias, such as ``"huber"`` or ``"bce"``, without regard to
        case, spaces, ``_`` and ``-``.

    Returns
    -------
    row : dict
        What the loss says about itself: formula, parameters, domains, source.
    kind : type
        Its class.

    Raises
    ------
    ParameterError
        When no loss has that name; the message suggests what may be meant.
    """
    if not isinstance(name, str):
        raise ParameterError(f"the name of a loss is a str, not {type(name).__name__}")
    known = _NAMES.get(plain(name))
    if known is None:
        raise ParameterError(f"no loss is named {name!r}; {name_hint(name, _NAMES)}")
    return _ROWS[known], _CLASSES[known]


def input_names(row: Row) -> list[str]:
    """Return what the inputs of a loss are called, in the order in which it takes them."""
    return [x if isinstance(x, str) else x["name"] for x in row["inputs"]]


def domain_of(loss: Loss) -> str:
    """Return what the prediction of a loss may be, with the parameters that it has."""
    domain = _ROWS[loss.name]["arguments"][0]["domain"]
    plainly, _, other = domain.partition("; ")
    then, _, condition = other.rpartition(" with ")
    name, _, value = condition.partition("=")
    given = loss.params.get(name)
    met = str(given) == value.strip("'") if value else bool(given)
    return then if met else plainly


def words(parameter: ParameterRow) -> list[str]:
    """Return what a parameter of words may be, in the order of the core."""
    return re.findall(r"'([^']*)'", parameter["range"])


def get(name: str, **params: object) -> Loss:
    """Make a loss by name or alias.

    Parameters
    ----------
    name : str
        The name, the class's name or an alias, such as ``"huber"`` or ``"bce"``, without regard to
        case, spaces, ``_`` and ``-``.
    **params
        The parameters of its class.

    Returns
    -------
    Loss
        The loss, as its class would make it.

    Raises
    ------
    ParameterError
        When no loss has that name, or when the loss has no such parameter or not with such a value.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.get("huber", delta=2.0)
    Huber(delta=2.0)
    >>> fl.get("MSE")
    MeanSquaredError()
    >>> fl.get("hubber")
    Traceback (most recent call last):
    fastloss.ParameterError: no loss is named 'hubber'; did you mean 'huber'?
    """
    row, kind = find(name)
    known = [parameter["name"] for parameter in row["parameters"]]
    for given in params:
        if given not in known:
            raise ParameterError(parameter_hint(kind.__name__, given))
    return kind(**params)


def attribute_hint(name: str) -> str:
    """Return what to say about a name that the module has not, "" where nothing is near."""
    torch = " fastloss.torch has PyTorch's names" if name in OF_TORCH else ""
    known = _NAMES.get(plain(name)) or _NAMES.get(plain(name).removesuffix("loss"))
    if known is not None:
        return f"; did you mean fastloss.{_ROWS[known]['class_name']}?{torch}"
    hint = name_hint(name, _NAMES)
    return "" if hint.startswith("the names are") else f"; {hint}{torch and ';'}{torch}"
