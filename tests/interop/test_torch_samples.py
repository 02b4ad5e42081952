"""PyTorch's own samples and error cases for its losses, as its test suite makes them."""

import warnings

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
pytest.importorskip("expecttest", reason="PyTorch's test cases need it: pip install expecttest")

from fastloss.torch import functional  # noqa: E402

with warnings.catch_warnings():  # the module of the samples uses what PyTorch has deprecated
    warnings.simplefilter("ignore")
    methods = pytest.importorskip(
        "torch.testing._internal.common_methods_invocations", exc_type=ImportError
    )

TORCHVISION = "sigmoid_focal_loss"
STIRLING = "poisson_nll_loss"  # its samples have negative counts, and Stirling's log(target!)
SHARES = "multilabel_soft_margin_loss"  # its samples have any targets, and a weight per element
VECTORS = {"triplet_margin_loss": 3, "cosine_embedding_loss": 2}
OPERATORS = [
    operator
    for name in functional.__all__
    if name != STIRLING
    for operator in methods.op_db
    if operator.name == f"nn.functional.{name}"
]
operators = pytest.mark.parametrize("operator", OPERATORS, ids=[op.name for op in OPERATORS])
broadcasts = pytest.mark.filterwarnings(
    "ignore:.*ensure they have the same size", "ignore:.*the KL div math definition"
)


def test_every_functional_of_torch_has_samples():
    names = {operator.name.rpartition(".")[2] for operator in OPERATORS}
    assert names == set(functional.__all__) - {TORCHVISION, STIRLING}


def of_shares(sample):
    """Return a sample with targets in [0, 1], and one weight for each class."""
    weight = sample.kwargs.get("weight")
    if weight is not None:
        sample.kwargs["weight"] = weight.reshape(-1, weight.shape[-1])[0]
    sample.args = (sample.args[0].sigmoid(),)
    return sample


def differentiated(function, sample, differentiable):
    inputs = [
        x.detach().clone().requires_grad_(i < differentiable)
        if isinstance(x, torch.Tensor) and x.is_floating_point()
        else x
        for i, x in enumerate((sample.input, *sample.args))
    ]
    # The weights of these samples may be negative, which fastloss refuses.
    options = {
        name: value.detach().abs() if isinstance(value, torch.Tensor) else value
        for name, value in sample.kwargs.items()
    }
    value = function(*inputs, **options)
    return value, *torch.autograd.grad(value.sum(), inputs[:differentiable])


@operators
@broadcasts
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_samples(operator, dtype):
    name = operator.name.rpartition(".")[2]
    ours, differentiable = getattr(functional, name), VECTORS.get(name, 1)
    count = 0
    for sample in operator.sample_inputs("cpu", dtype, requires_grad=True):
        if name == SHARES:
            sample = of_shares(sample)
        if name == "multi_margin_loss" and sample.kwargs.get("margin", 0.0) < 0.0:
            with pytest.raises(ValueError, match=r"margin is -.*>= 0"):
                differentiated(ours, sample, differentiable)
            continue
        expected = differentiated(operator.op, sample, differentiable)
        found = differentiated(ours, sample, differentiable)
        for one, other in zip(found, expected, strict=True):
            # The tolerances of PyTorch's suite: its own float32 results are that far off.
            torch.testing.assert_close(one, other, equal_nan=True)
        count += 1
    assert count >= 4


@operators
@broadcasts
def test_error_cases(operator):
    if operator.error_inputs_func is None:
        pytest.skip("PyTorch has no error cases for it")
    ours = getattr(functional, operator.name.rpartition(".")[2])
    for case in operator.error_inputs("cpu"):
        sample = case.sample_input
        with pytest.raises(case.error_type):
            ours(sample.input, *sample.args, **sample.kwargs)
