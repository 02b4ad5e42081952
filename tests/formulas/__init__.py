"""One formula per loss, `formulas/FAMILY.py`, found by its name: the terms that it adds up.

``def name(x, *inputs, **parameters)`` returns a list of the independent addends of a loss term. `x`
holds the functions it may use: `jets.Plain` for arrays of NumPy, `jets.Exact` for jets of 256-bit
numbers, which give value, derivatives and the size of their addends at once. What the derivative
at a kink and the positive curvature are is said there too, where it is not the rule:
``name_curvature(x, *inputs, **parameters)`` returns one number for each input with a gradient.
"""

from importlib import import_module


def find(name, family):
    """Return the formula and the curvature of a loss, None where there is none."""
    try:
        module = import_module(f".{family}", __name__)
    except ModuleNotFoundError:
        return None, None
    return getattr(module, name, None), getattr(module, f"{name}_curvature", None)
