"""What all losses share: identity, parameters and immutability."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Self, TypeVar, overload

from ._core import Spec
from ._errors import ParameterError
from ._habits import Absent, absent, advised
from .stream import Stream

T = TypeVar("T")


class Parameter(Generic[T]):
    """A parameter of a loss, read back as the compiled core holds it."""

    def __set_name__(self, owner: type[Loss], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, loss: None, owner: type[Loss]) -> Self: ...
    @overload
    def __get__(self, loss: Loss, owner: type[Loss]) -> T: ...
    def __get__(self, loss: Loss | None, owner: type[Loss]) -> Self | T:
        if loss is None:
            return self
        value: T = loss._spec.params[self._name]
        return value


class Loss:
    """A loss function with its parameters: immutable, hashable, picklable.

    Two losses are equal when they are of one class and have equal parameters. ``repr`` writes the
    expression that makes the loss again. The methods that compute something belong to the call
    forms: `PredictionLoss` for ``(pred, target)``, `PairLoss` for ``(a, b, target)``, `TripleLoss`
    for ``(anchor, positive, negative)``.

    Attributes
    ----------
    name : str
        The name under which `fastloss.get` finds the class.
    params : dict
        All parameters by name, defaults included; vectors are tuples of floats.
    """

    __slots__ = ("__weakref__", "_spec")
    name: ClassVar[str] = ""
    _spec: Spec

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__init__" in vars(cls):
            cls.__init__ = advised(cls.__init__)  # type: ignore[method-assign]

    def __init__(self, **params: object) -> None:
        if hasattr(self, "_spec"):
            raise AttributeError(f"{type(self).__name__} is immutable; make a new one instead")
        for name, value in params.items():
            _refuse_traced(type(self).__name__, name, value)
        object.__setattr__(self, "_spec", Spec(self.name, params))

    if TYPE_CHECKING:  # what every call form has; each says more about its own inputs

        def __call__(self, *inputs: Any, **options: Any) -> Any: ...
        def value_and_grad(self, *inputs: Any, **options: Any) -> Any: ...
        def grad(self, *inputs: Any, **options: Any) -> Any: ...
        def grad_and_hess(self, *inputs: Any, **options: Any) -> Any: ...

    def stream(self, reduction: Literal["mean", "sum"] = "mean") -> Stream:
        """Return an accumulator of this loss, for data that come in chunks.

        Parameters
        ----------
        reduction : {"mean", "sum"}, default "mean"
            What its `value` returns.

        Returns
        -------
        Stream
            With ``update(*inputs, sample_weight=None)``, ``merge(other)`` and ``value``.
        """
        return Stream(self, reduction)

    @property
    def params(self) -> dict[str, Any]:
        """All parameters by name, defaults included; vectors are tuples of floats."""
        return dict(self._spec.params)

    def __repr__(self) -> str:
        arguments = (f"{name}={_expression(value)}" for name, value in self._spec.params.items())
        return f"{type(self).__name__}({', '.join(arguments)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Loss):
            return NotImplemented
        return type(self) is type(other) and self._spec.params == other._spec.params

    def __hash__(self) -> int:
        return hash((type(self), *self._spec.params.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.params)

    if not TYPE_CHECKING:  # a checker that saw these would let every assignment pass

        def _refuse(self, *change):
            raise AttributeError(f"{type(self).__name__} is immutable; make a new one instead")

        __setattr__ = __delattr__ = _refuse

        def __dir__(self):
            return [name for name in object.__dir__(self) if name not in absent]


for _name in absent:
    setattr(Loss, _name, Absent(_name))


def _rebuild(kind: type[Loss], params: dict[str, Any]) -> Loss:
    return kind(**params)


_NUMBERS = {bool, int, float, str, type(None)}


def _refuse_traced(kind: str, name: str, value: object) -> None:
    """Raise where a derivative by a parameter is asked for, which would be lost with its number."""
    if isinstance(value, list | tuple | dict):
        elements = [*(value.values() if isinstance(value, dict) else value)]
        if not {*map(type, elements)} <= _NUMBERS:
            for element in elements:
                _refuse_traced(kind, name, element)
    elif type(value) not in _NUMBERS and (what := _traced(value)):
        raise ParameterError(
            f"{kind}: {name} {what}, and there is no derivative by a parameter: it is a constant; "
            "pass a number, as by float(x), from outside of what is differentiated or compiled"
        )


def _traced(value: Any) -> str:
    """Return how a library that is in use traces a number, if one does."""
    core = getattr(sys.modules.get("jax"), "core", None)
    if isinstance(value, getattr(core, "Tracer", ())):
        return "is traced by JAX"
    torch: Any = sys.modules.get("torch")
    kinds: Any = getattr(torch, "Tensor", ())
    if isinstance(value, kinds):
        if value.requires_grad:
            return "requires grad"
        forward_ad = torch.autograd.forward_ad
        if forward_ad._current_level >= 0 and forward_ad.unpack_dual(value).tangent is not None:
            return "has a tangent"
    return ""


def _expression(value: object) -> str:
    """Write a parameter so that Python reads it back, infinity included."""
    return repr(value) if value != float("inf") else "float('inf')"
