"""The gate that the arrays of a JAX program pass on their way to the kernels and back.

It lets them through as they are, and refuses what cannot be done with a kernel, in words that say
what can; JAX's own would speak of callbacks and custom calls. It is a primitive, for JAX drops the
rule of a `jax.custom_jvp` where it linearizes the body of a loop, and keeps those of a primitive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from ._errors import DeviceError, FastlossError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import jax

_gate = Primitive("fastloss")
_gate.multiple_results = True


def passed(name: str, backend: str, arrays: Sequence[jax.Array]) -> list[jax.Array]:
    """Return the arrays, for a call of the loss whose class has that name."""
    through: list[jax.Array] = _gate.bind(*arrays, name=name, backend=backend)
    return through


def _same(*arrays: Any, **_: str) -> list[Any]:
    return list(arrays)


def _batched(arrays: Any, axes: Any, **call: str) -> tuple[Any, Any]:
    return _gate.bind(*arrays, **call), axes


def _differentiated(*_: object, name: str, backend: str) -> None:
    raise FastlossError(
        f"{name}: JAX gets first derivatives from fastloss, and this asks for a second one (or for "
        "one of value_and_grad, where value is meant); grad_and_hess of the loss itself gives the "
        "diagonal of the Hessian"
    )


def _transposed(*_: object, name: str, backend: str) -> None:
    raise FastlossError(
        f"{name}: a loss is not linear, and only its derivative can be transposed: "
        "jax.vjp, or jax.linear_transpose of what jax.linearize returns"
    )


def _lowered(context: Any, *arrays: Any, name: str, backend: str) -> list[Any]:
    """Compile to nothing, for the CPU and for this process or by a backend that can be saved."""
    module = context.module_context
    others = [platform for platform in module.platforms if platform != "cpu"]
    if others:
        raise DeviceError(
            f"{name}: the kernels run on the CPU, and this program is for {', '.join(others)}; "
            "place it with jax.device_put(x, jax.devices('cpu')[0]) or jax.default_device"
        )
    if backend == "callback" and getattr(module.lowering_parameters, "for_export", False):
        raise FastlossError(
            f"{name}: jax.export saves no callbacks into Python; a fastloss that was built where "
            "JAX is installed has the backend 'ffi', whose programs can be saved"
        )
    return list(arrays)


_gate.def_impl(_same)
_gate.def_abstract_eval(_same)
batching.primitive_batchers[_gate] = _batched
ad.primitive_jvps[_gate] = _differentiated
ad.primitive_transposes[_gate] = _transposed
mlir.register_lowering(_gate, _lowered)
