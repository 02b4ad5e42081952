"""Inputs for losses of fastloss and functions of PyTorch, for the tests of the torch door."""

import torch  # the tests that import this have made sure of it
from fastloss import registry

from tests import cases


def example(name, dtype=torch.float64, rows=6, seed=5):
    """Inputs that a loss of fastloss takes, by its row alone; the vectors require grad."""
    row, _ = registry.find(name)
    generator = torch.Generator().manual_seed(seed)

    def normal():
        return torch.randn(rows, 5, generator=generator, dtype=torch.float64).to(dtype)

    inputs = []
    for position, argument in enumerate(row["arguments"]):
        low, high = cases.domain_of(argument["domain"].partition("; ")[0])
        if argument["shape"].endswith("4"):
            corner = normal()[:, :2]
            box = torch.cat([corner, corner + normal()[:, :2].exp()], dim=1)
            inputs.append(box.requires_grad_(position < row["differentiable"]))
        elif position < row["differentiable"]:
            positive = argument["domain"].startswith("finite, >")
            inputs.append((normal().exp() if positive else normal()).detach().requires_grad_())
        elif " or " in argument["domain"] and argument["role"] == "given":
            shape = (rows,) if row["room"] == "pairs" else (rows, 5)
            inputs.append(low + (high - low) * torch.randint(2, shape, generator=generator))
        elif row["labels"]:
            inputs.append(torch.randint(5, (rows,), generator=generator))
        elif row["room"] == "pairs":
            inputs.append(torch.randint(2, (rows,), generator=generator))
        elif row["room"] == "rows":
            inputs.append(torch.softmax(normal(), 1))
        else:
            inputs.append(torch.sigmoid(normal()))
    if not any(x.shape[-1:] == (4,) for x in inputs):  # boxes are in order
        for k, other in row["ordered"]:
            pair = inputs[k], inputs[other]
            inputs[k], inputs[other] = torch.minimum(*pair), torch.maximum(*pair)
    return tuple(inputs)


def leaves(inputs):
    return [x for x in inputs if x.requires_grad]


def value_and_gradients(function, inputs):
    """The value, and gradients by fresh leaves under a gradient from above that is not 1."""
    inputs = [x.detach().clone().requires_grad_(x.requires_grad) for x in inputs]
    value = function(*inputs)
    upstream = torch.cos(torch.arange(value.numel(), dtype=value.dtype)).reshape(value.shape) * 3
    return value.detach(), *torch.autograd.grad(value, leaves(inputs), upstream)


def assert_same(found, expected, **tolerances):
    """Results are the same bit for bit, or within the tolerances where there are any."""
    tolerances = tolerances or {"rtol": 0, "atol": 0}
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, **tolerances)
