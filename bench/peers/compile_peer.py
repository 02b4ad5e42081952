"""torch.compile: value and gradient traced together and fused into one compiled function.

Two forms. The everyday one differentiates PyTorch's own loss and returns a new gradient. The
tuned one writes into a buffer given to it, with the derivative by hand where that fuses better.
"""

import importlib
from typing import Any

from bench.agreement import Answer
from bench.peers import Contender, torch_formulas, torch_peer
from bench.workloads import Inputs, Workload, outputs

NAME = "torch.compile"
TUNED = "torch.compile, tuned"
_found: dict[str, Any] = {}


def load(threads: int) -> str:
    version = torch_peer.load(threads)
    _found["torch"] = importlib.import_module("torch")
    # Every workload is compiled for its own shapes, as a training loop with fixed shapes is.
    importlib.import_module("torch._dynamo").config.recompile_limit = 64
    return version


def contenders(work: Workload, inputs: Inputs) -> list[Contender]:
    torch = _found["torch"]
    loss = torch_formulas.losses(torch).get(work.family)
    hand = torch_formulas.by_hand(torch).get(work.key)
    tensors = [torch.from_numpy(array) for array in inputs]
    if loss is None:
        return []
    if work.mode == "value":
        function = torch.compile(loss, dynamic=False)

        def value() -> Any:
            with torch.no_grad():
                return function(*tensors)

        return [Contender(NAME, value, lambda result: Answer(float(result)))]

    given: Any = outputs(work, inputs)
    arrays = given if isinstance(given, tuple) else (given,)
    buffers = [torch.from_numpy(array) for array in arrays]
    numbers = tuple(range(work.real_inputs))
    found: list[Contender] = []
    if work.mode == "value_and_grad":
        differentiated = torch.func.grad_and_value(loss, argnums=numbers)

        def plain(*arguments: Any) -> Any:
            grads, result = differentiated(*arguments)
            return result, grads

        compiled = torch.compile(plain, dynamic=False)
        found.append(
            Contender(
                NAME,
                lambda: compiled(*tensors),
                lambda result: Answer(float(result[0]), tuple(g.numpy() for g in result[1])),
            )
        )

        def buffered(*arguments: Any) -> Any:
            grads, result = differentiated(*arguments[: len(tensors)])
            for buffer, grad in zip(arguments[len(tensors) :], grads, strict=True):
                buffer.copy_(grad)
            return result

        hand = hand or buffered
    if hand is None:
        return found
    tuned = torch.compile(hand, dynamic=False)
    found.append(
        Contender(
            TUNED,
            lambda: tuned(*tensors, *buffers),
            lambda result: Answer(None if result is None else float(result), tuple(arrays)),
            everyday=False,
        )
    )
    return found
