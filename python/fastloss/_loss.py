"""Call forms: the four methods of a loss, for the inputs that it takes.

The methods themselves are compiled and the same for all losses; a form gives them the names of its
inputs: in their signatures and docstrings, and in those of the class.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ._base import Loss
from ._core import add_method

_OPTIONS = 'sample_weight=None, reduction="mean", scale=1.0, out=None, n_threads=None'


class Form(NamedTuple):
    """What a form was made of."""

    inputs: tuple[str, ...]
    gradients: int
    by_name: tuple[str, ...]
    hessian: bool

    def signature(self, method: str) -> str:
        """Return the arguments of a method, as they are written in Python."""
        curvature = 'curvature="exact", ' if method == "grad_and_hess" else ""
        optional = "".join(f"{name}=None, " for name in self.by_name)
        return f"{', '.join(self.inputs)}, *, {optional}{curvature}{_OPTIONS}"

    def methods(self) -> dict[str, str]:
        """Return the docstring of every method, by its name."""
        inputs = self.inputs[: self.gradients]
        words = {
            "gradient": "gradient",
            "hessian": "hessian",
            "are": f"The gradient has the shape and dtype of ``{inputs[0]}``",
            "holds": "the array for it",
            "inputs": f"``{inputs[0]}``",
        }
        if self.gradients > 1:
            grads = f"({', '.join(f'grad_{x}' for x in inputs)})"
            words = {
                "gradient": "gradients",
                "hessian": "hessians",
                "are": f"The gradients are\n``{grads}``,\nof the shapes and dtypes of their inputs",
                "holds": "the tuple of arrays for them",
                "inputs": "their inputs",
            }
        return {
            method: text.format(**words)
            for method, text in _METHODS.items()
            if method != "grad_and_hess" or self.hessian
        }

    def description(self) -> str:
        """Return the docstring of the class."""
        real, given = self.inputs[: self.gradients], self.inputs[self.gradients :]
        several = len(real) > 1
        return _CLASS.format(
            inputs=", ".join(self.inputs),
            gradients=(
                f"{len(real)} gradients, those of ``{'``, ``'.join(real)}``"
                if several
                else f"one gradient, that of ``{real[0]}``"
            ),
            real=_REAL.format(names=", ".join(real)),
            given=_GIVEN.format(names=", ".join(given)) if given else "",
            by_name=_BY_NAME.format(names=", ".join(self.by_name)) if self.by_name else "",
            alias="the input whose gradient it takes" if several else f"``{real[0]}`` itself",
        )


def form(
    *inputs: str, gradients: int = 1, by_name: tuple[str, ...] = (), hessian: bool = True
) -> type[Loss]:
    """Make the base class of the losses that take these inputs.

    Parameters
    ----------
    *inputs : str
        Their names, in the order in which they are passed; those with a gradient come first.
    gradients : int, default 1
        How many have one. Several gradients are returned as a tuple.
    by_name : tuple of str, default ()
        Inputs that may be left out, and are given by name only.
    hessian : bool, default True
        Whether there is a ``grad_and_hess``.
    """
    made = Form(inputs, gradients, by_name, hessian)
    kind: type[Loss] = type(
        "Loss", (Loss,), {"__slots__": (), "__doc__": made.description(), "_form": made}
    )
    for method, text in made.methods().items():
        add_method(kind, method, f"{method}($self, {made.signature(method)})\n--\n\n{text}")
    return kind


def name_forms(module: dict[str, Any]) -> None:
    """Tell the forms of a module what they are called there."""
    for name, kind in module.items():
        if "_form" in getattr(kind, "__dict__", ()):
            kind.__name__ = kind.__qualname__ = name
            kind.__module__ = module["__name__"]


_METHODS = {
    "__call__": """\
Return the value of the loss.

The arguments are those of the class. The result is a float, or with ``reduction="none"`` an
array of the shape of the loss terms. ``out`` is such an array; for a reduced value it is a
float64 array of shape ``()``.
""",
    "value_and_grad": """\
Return ``(value, {gradient})``, computed in one pass.

The arguments are those of the class. {are}.
``out`` is {holds}, or with ``reduction="none"`` the pair
``(values, {gradient})``; None in it stands for a new array.
""",
    "grad": """\
Return the {gradient}.

The arguments are those of the class. {are};
``out`` is {holds}.
""",
    "grad_and_hess": """\
Return ``({gradient}, {hessian})``: gradient and diagonal of the Hessian.

Parameters
----------
curvature : {{"exact", "positive"}}, default "exact"
    ``"exact"`` is the second derivative, which may be negative. ``"positive"`` is a
    non-negative surrogate for Newton steps, equal to the exact one where the loss is
    convex; the class names it.

Notes
-----
The other arguments are those of the class. Both results are of the shape and dtype of
{inputs}, and for ``reduction="mean"`` the derivatives of the mean. ``out`` is
``({gradient}, {hessian})``.
""",
}

_CLASS = """\
A loss of ``({inputs})`` with {gradients}.

The class of a loss says what shapes its inputs have, and what a *loss term* is. All methods take
the same arguments.

Parameters
----------
{real}{given}{by_name}sample_weight : array_like, optional
    One weight >= 0 per loss term, or fewer trailing axes that broadcast to exactly the shape of
    the terms: of terms (n, m), ``w`` of shape (m,) has one weight per column, and ``w[:, None]``
    of a ``w`` of shape (n,) one per row. A term of weight 0 counts for nothing, even where it is
    infinite or NaN.
reduction : {{"mean", "sum", "none"}}, default "mean"
    ``"mean"`` is ``sum(w * loss) / sum(w)``, ``"sum"`` is ``sum(w * loss)``, ``"none"`` keeps
    ``w * loss`` term by term. A gradient is that of the reduced number; with ``"none"`` it is
    each term's own, as with ``"sum"``.
scale : float, default 1.0
    Multiplies value and derivatives.
out : ndarray or tuple, optional
    Where to write the results; returned in their place. See each method for its form. An
    output may be {alias}, but must not overlap an input otherwise.
n_threads : int, optional
    The number of threads for this call alone. It never changes a bit of the result.

Raises
------
ShapeError
    When shapes do not fit together; nothing is broadcast but ``sample_weight``.
DTypeError
    When an array is of a kind that is not taken, such as integers for a real input.
LabelError
    When a class index is outside ``[0, C)``.
DomainError
    When a value is outside its domain, such as a probability of 1.5 or a negative weight.
ParameterError
    When an option such as ``reduction``, ``n_threads`` or ``out`` cannot be used.
TypeError
    When an input is missing, or an argument is given that there is not.
"""

_REAL = """\
{names} : array_like
    float16, bfloat16, float32 or float64, of any strides. An array keeps its dtype, the columns
    of data frames too; lists and scalars become float64.
"""

_GIVEN = """\
{names} : array_like
    Of any real dtype, integers and bool included, and of any strides. No array has missing
    values.
"""

_BY_NAME = """\
{names} : array_like, optional
    Given by name; the class of the loss says what for.
"""
