"""Which calls may go straight to the kernels, and which ones PyTorch has to see.

A kernel reads the memory of its tensors, so that nothing but a value comes back. That is all there
is to an ordinary call. While a call is recorded (torch.jit.trace, make_fx, export, torch.compile)
or transformed (torch.func, forward-mode AD, batched gradients), and where a tensor is more than
its memory (fake tensors, subclasses), it has to be an operator, which PyTorch dispatches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.autograd import forward_ad

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEY = torch._C.DispatchKey
# What is set in a thread in which nothing records or transforms, in inference mode and out of it.
_NOTHING = torch._C.DispatchKeySet(_KEY.BackendSelect)
_ORDINARY = (
    _NOTHING.raw_repr(),
    (_NOTHING | torch._C.DispatchKeySet(_KEY.ADInplaceOrView)).raw_repr(),
)
_TYPES = (torch.Tensor, torch.nn.Parameter)


def ordinary(tensors: Iterable[torch.Tensor | None]) -> bool:
    """Whether nothing records or transforms, and the tensors are their memory and nothing more."""
    return (
        not torch.compiler.is_compiling()
        and torch._C._dispatch_tls_local_include_set().raw_repr() in _ORDINARY
        and not forward_mode()
        and all(tensor is None or type(tensor) in _TYPES for tensor in tensors)
    )


def numbers_only(tensor: torch.Tensor) -> bool:
    """Whether nothing would be lost, if the numbers of a tensor were read and the tensor left."""
    functorch = torch._C._functorch
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return False
    while functorch.is_gradtrackingtensor(tensor) and not tensor.requires_grad:
        if forward_mode():
            return False
        tensor = functorch.get_unwrapped(tensor)
    return not (
        tensor.requires_grad
        or type(tensor) not in _TYPES
        or functorch.is_functorch_wrapped_tensor(tensor)
        or torch._C._len_torch_dispatch_stack()
        or (forward_mode() and forward_ad.unpack_dual(tensor).tangent is not None)
    )


def forward_mode() -> bool:
    """Whether there is forward-mode differentiation, so that any tensor may have a tangent."""
    level: int = forward_ad._current_level
    return level >= 0


def transformed() -> bool:
    """Whether a transform of torch.func is at work."""
    active: bool = torch._C._are_functorch_transforms_active()
    return active


def way() -> str:
    """Return how a derivative came to be wanted, for an error."""
    stack = torch._C._functorch.get_interpreter_stack() if transformed() else None
    if stack:
        return "torch.func (" + " of ".join(level.key().name.lower() for level in stack) + ")"
    return "forward-mode AD" if forward_mode() else "double backward (create_graph=True)"
