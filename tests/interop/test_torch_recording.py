"""What PyTorch records of fastloss.torch is a loss, and not what it was when it was recorded."""

import warnings

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

import fastloss as fl  # noqa: E402
import fastloss.torch as ft  # noqa: E402
from fastloss.torch import functional  # noqa: E402
from torch.fx.experimental.proxy_tensor import make_fx  # noqa: E402

from tests.interop.torch_inputs import assert_same, example, value_and_gradients  # noqa: E402

# Every loss with some reduction, and one of each call form with all.
REDUCTIONS = ("mean", "none", "sum")
CASES = sorted(
    {(name, REDUCTIONS[place % 3]) for place, name in enumerate(fl.losses())}
    | {(name, by) for name in ("huber", "sparse_categorical_focal", "triplet") for by in REDUCTIONS}
)
# The library of trees that torch.export calls warns of what torch.export does.
pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec.*:FutureWarning")


@pytest.fixture(autouse=True)
def _compilers_forget():
    torch.compiler.reset()


class Calling(torch.nn.Module):
    """A function as a module, as some of the recorders want it."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def jit_trace(function, inputs):
    with warnings.catch_warnings():  # that torch.jit is deprecated, and that shapes are compared
        warnings.simplefilter("ignore")
        return torch.jit.trace(function, inputs)


def export(strict, function, inputs):
    rows = torch.export.Dim("rows", min=2, max=1000)
    shapes = (tuple({0: rows} for _ in inputs),)
    return torch.export.export(
        Calling(function), inputs, dynamic_shapes=shapes, strict=strict
    ).module()


def decomposed(function, inputs):
    rows = torch.export.Dim("rows", min=2, max=1000)
    program = torch.export.export(
        Calling(function), inputs, dynamic_shapes=(tuple({0: rows} for _ in inputs),)
    )
    return program.run_decompositions().module()


RECORDERS = {
    "jit.trace": jit_trace,
    "make_fx": lambda f, inputs: make_fx(f)(*inputs),
    "make_fx, fake": lambda f, inputs: make_fx(f, tracing_mode="fake")(*inputs),
    "make_fx, symbolic": lambda f, inputs: make_fx(f, tracing_mode="symbolic")(*inputs),
    "make_fx, pre_dispatch": lambda f, inputs: make_fx(f, pre_dispatch=True)(*inputs),
    "export": lambda f, inputs: export(False, f, inputs),
    "export, strict": lambda f, inputs: export(True, f, inputs),
    "export, decomposed": decomposed,
    "compile, eager": lambda f, inputs: torch.compile(f, backend="eager", fullgraph=True),
    "compile, aot_eager": lambda f, inputs: torch.compile(f, backend="aot_eager", fullgraph=True),
}
recorders = pytest.mark.parametrize("record", RECORDERS.values(), ids=RECORDERS)


@recorders
@pytest.mark.parametrize(("name", "reduction"), CASES)
def test_recorded_is_eager(record, name, reduction):
    """At other numbers and another count of rows, value and gradients."""
    loss = ft.Loss(name, reduction)
    recorded = record(lambda *inputs: loss(*inputs), tuple(x.detach() for x in example(name)))
    inputs = example(name, rows=9, seed=8)
    assert_same(value_and_gradients(recorded, inputs), value_and_gradients(loss, inputs))
    with torch.no_grad():
        assert_same([recorded(*inputs)], [loss(*inputs)])


FUNCTIONS = {
    "huber_loss": lambda x, t: functional.huber_loss(x, t, delta=0.3, weight=t),
    "binary_cross_entropy": lambda x, t: functional.binary_cross_entropy(x.sigmoid(), t, t[0]),
    "binary_cross_entropy_with_logits": lambda x, t: functional.binary_cross_entropy_with_logits(
        x, t, pos_weight=t[0] * 2
    ),
    "cross_entropy": lambda x, t: functional.cross_entropy(x, t, t[0], label_smoothing=0.1),
    "cross_entropy of labels": lambda x, t: functional.cross_entropy(x, t.argmax(1), t[0]),
    "triplet_margin_loss": lambda x, t: functional.triplet_margin_loss(x, t, x.flip(0)),
}


@recorders
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_recorded_functions_count_at_run_time(record, function, request):
    """A mean by the number of elements is not that of the recorded example."""
    fixed = "make_fx" in request.node.name and "symbolic" not in request.node.name
    recorded = record(function, tuple(x.detach() for x in example("binary_focal")))
    inputs = example("binary_focal", rows=6 if fixed else 9, seed=8)
    # A gradient of two uses of x is added up in another order.
    close = {"rtol": 1e-13, "atol": 1e-15}
    assert_same(
        value_and_gradients(recorded, inputs), value_and_gradients(function, inputs), **close
    )


def positive(shape, *wide):
    weights = torch.rand(shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64) + 1
    return weights.expand(wide) if wide else weights


LAID = {  # a pos_weight of which something is recorded, and one that comes later
    "expanded, then full": (positive(4, 4, 4), positive((4, 4))),
    "full, then expanded": (positive((4, 4)), positive(4, 4, 4)),
    "expanded, then the other way": (positive(4, 4, 4), positive((4, 1), 4, 4)),
    "one per row, then others": (positive((4, 1)), positive((4, 1)) + 1),
    "one per row, then one per class": (positive((4, 1)), positive((1, 4))),
    "one per row, then full": (positive((4, 1)), positive((4, 4))),
    "one per class": (positive(4), positive(4) + 1),
    "one per class, then one": (positive(4), positive(1)),
    "one, then one per class": (positive(1), positive(4)),
    "one, then another": (positive(()), positive(()) + 1),
}


@pytest.mark.parametrize("way", ["jit.trace", "make_fx", "make_fx, symbolic", "compile, eager", ""])
@pytest.mark.parametrize("laid", LAID)
def test_recorded_weights_do_not_depend_on_how_the_example_lies(way, laid):
    """The numbers are those of the eager call, or there is an error of another shape."""

    def run(x, t, w):
        function = functional.binary_cross_entropy_with_logits
        return function(x, t, pos_weight=w, reduction="none"), function(x, t, t, pos_weight=w)

    x, t = torch.rand(2, 4, 4, dtype=torch.float64)
    first, later = LAID[laid]
    record = RECORDERS[way] if way else lambda f, x: torch.export.export(Calling(f), x).module()
    recorded = record(run, (x, t, first))
    assert_same(recorded(x, t, first), run(x, t, first))
    try:
        found = recorded(t, x, later)
    except (RuntimeError, AssertionError):
        assert later.shape != first.shape
    else:
        # Their strides decide the last bit of a sum in float64.
        assert_same(found, run(t, x, later), rtol=4e-16, atol=0.0)


def test_a_single_row_is_recorded_as_rows():
    """With one row, each stride of the weights would do."""

    def run(x, w):
        return functional.binary_cross_entropy_with_logits(x, x, pos_weight=w)

    one, five = (torch.rand(n, 4, dtype=torch.float64) for n in (1, 5))
    for first in (positive(4), positive((1, 4)), positive(4, 1, 4)):
        recorded = jit_trace(run, (one, first))
        again = first + 1
        assert_same([recorded(five, again)], [run(five, again)])
    with pytest.raises(RuntimeError, match="size"):
        recorded(five, positive((5, 4)))


@pytest.mark.parametrize("by", ["jit.trace", "make_fx"])
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss", "cross_entropy of shares"])
def test_a_record_of_one_axis_is_not_for_two(by, name):
    """Their classes lie along another axis."""
    x, labels = torch.randn(4, 4), torch.tensor([0, 3, 1, 2])
    shares = "shares" in name
    target, batch = (torch.rand(4), torch.rand(4, 4)) if shares else (labels[0], labels)
    function = getattr(functional, name.split()[0])
    recorded = RECORDERS[by](lambda x, target: function(x, target), (x[0], target))
    assert_same([recorded(x[1], target)], [function(x[1], target)])
    with pytest.raises(RuntimeError, match=r"input has shape \(4, 4\), wanted: one axis, that of"):
        recorded(x, batch)
    wide = RECORDERS[by](lambda x, target: function(x, target), (x, batch))
    many, three = torch.randn(2, 4, 4, 3), torch.randint(4, (4, 3))
    if not shares:
        assert_same([wide(many[0], three)], [function(many[0], three)])


class Model(torch.nn.Module):
    """A module that has losses of both kinds in it."""

    def __init__(self):
        super().__init__()
        self.first, self.second = ft.HuberLoss(delta=0.5), ft.Loss("focal", gamma=1.5)

    def forward(self, pred, target):
        weighted = functional.mse_loss(pred, target, weight=target)
        return self.first(pred, target) + self.second(pred, target) + weighted


def test_fx_records_the_calls():
    graph = torch.fx.symbolic_trace(Model())
    called = {node.target for node in graph.graph.nodes}
    assert {functional.huber_loss, functional.mse_loss} <= called
    inputs = example("binary_focal", rows=9)
    assert_same(value_and_gradients(graph, inputs), value_and_gradients(Model(), inputs))


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_the_default_compiler_trains():
    """The inductor, forward and backward; also a checkpoint inside of what is compiled."""
    inputs = example("binary_focal", torch.float32)

    def run(pred, target):
        double = torch.utils.checkpoint.checkpoint(torch.mul, pred, 2.0, use_reentrant=False)
        return functional.binary_cross_entropy_with_logits(double, target)

    compiled = torch.compile(run, fullgraph=True)
    assert_same(value_and_gradients(compiled, inputs), value_and_gradients(run, inputs))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_compiled_halves_do_not_underflow(dtype, backend):
    x = torch.full((4096,), 1e-3 if dtype == torch.float16 else 1e-38, dtype=dtype)
    x.requires_grad_()
    compiled = torch.compile(lambda x: functional.mse_loss(x, torch.zeros_like(x)), backend=backend)
    (gradient,) = torch.autograd.grad(compiled(x) * 4096.0, x)
    assert torch.equal(gradient, (2 * x.detach().double()).to(dtype))


@pytest.mark.parametrize("mode", ["real", "fake", "symbolic"])
def test_a_recorded_training_step(mode):
    """Its graph holds value and gradients, and can be differentiated once more."""

    def step(x, t):
        value = functional.mse_loss(x, t)
        return value, *torch.autograd.grad(value, x)

    x, t = torch.randn(4, dtype=torch.float64), torch.randn(4, dtype=torch.float64)
    graph = make_fx(step, tracing_mode=mode)(x.clone().requires_grad_(), t)
    y = (x + 1).requires_grad_()
    value, gradient = graph(y, t)
    torch.testing.assert_close(gradient, (y - t) / 2)
    torch.testing.assert_close(torch.autograd.grad(value, y, retain_graph=True)[0], (y - t) / 2)
    if gradient.requires_grad:
        torch.testing.assert_close(
            torch.autograd.grad(gradient.sum(), y)[0], torch.full_like(y, 0.5)
        )


@pytest.mark.parametrize("loss", [fl.Huber(), fl.BinaryFocal(from_logits=True)], ids=repr)
@pytest.mark.parametrize("record", ["jit.trace", "make_fx", "make_fx, symbolic", "breaking"])
def test_value_and_grad_is_recorded(loss, record):
    x, t = torch.randn(2, 6, dtype=torch.float64).sigmoid()

    def run(x, t):
        return ft.value_and_grad(loss, x, t)

    if record == "breaking":  # torch.compile leaves its graph for it
        recorded = torch.compile(run, backend="eager")
    else:
        recorded = RECORDERS[record](run, (x, t))
    assert_same(recorded(x + 1, t), run(x + 1, t))


def test_torch_script_says_what_to_use():
    for module in (ft.MSELoss(), ft.Loss("huber")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(RuntimeError, match=r"torch\.jit\.trace"):
                torch.jit.script(module)


def test_second_derivatives_of_what_aot_has_compiled_are_refused():
    x = torch.randn(5, requires_grad=True)
    compiled = torch.compile(lambda x: functional.mse_loss(x, torch.zeros(5)), backend="aot_eager")
    (gradient,) = torch.autograd.grad(compiled(x), x, create_graph=True)
    torch.testing.assert_close(gradient, 2 * x / 5)
    with pytest.raises(RuntimeError, match="support double backward"):
        torch.autograd.grad(gradient.sum(), x)


def test_graphs_are_saved_and_loaded(tmp_path):
    x, t = torch.randn(2, 4)
    loss = ft.Loss("huber", delta=0.5)
    traced, program = jit_trace(loss, (x, t)), torch.export.export(Calling(loss), (x, t))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(traced, tmp_path / "traced.pt")
        torch.export.save(program, tmp_path / "program.pt2")
        loaded = [
            torch.jit.load(tmp_path / "traced.pt"),
            torch.export.load(tmp_path / "program.pt2").module(),
        ]
    for graph in loaded:
        assert torch.equal(graph(x + 1, t), loss(x + 1, t))
