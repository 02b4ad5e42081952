"""PyTorch in eager mode: its own loss functions, differentiated by autograd."""

import importlib
import os
from typing import Any

from bench.agreement import Answer
from bench.peers import Contender, torch_formulas
from bench.workloads import Inputs, Workload

NAME = "PyTorch"
_found: dict[str, Any] = {}


def load(threads: int) -> str:
    # PyTorch asks for huge pages only when told to; NumPy, which serves the others, always does.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    torch = importlib.import_module("torch")
    torch.set_num_threads(threads)
    _found["torch"] = torch
    return str(torch.__version__)


def contenders(work: Workload, inputs: Inputs) -> list[Contender]:
    torch = _found["torch"]
    loss = torch_formulas.losses(torch).get(work.family)
    if loss is None or work.mode == "grad_and_hess":
        return []
    tensors = [torch.from_numpy(array) for array in inputs]
    if work.mode == "value":

        def value() -> Any:
            with torch.no_grad():
                return loss(*tensors)

        return [Contender(NAME, value, lambda result: Answer(float(result)))]
    leaves = [tensor.requires_grad_() for tensor in tensors[: work.real_inputs]]

    def value_and_grad() -> Any:
        result = loss(*tensors)
        return result.detach(), torch.autograd.grad(result, leaves)

    def answer(result: Any) -> Answer:
        return Answer(float(result[0]), tuple(grad.numpy() for grad in result[1]))

    return [Contender(NAME, value_and_grad, answer)]
