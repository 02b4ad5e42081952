"""What hands used to other libraries type: taken, or answered by what it is called here."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import fastloss as fl
import numpy as np
import pytest
from fastloss import _habits, registry

from tests import cases

P, T = np.array([0.5, 3.0]), np.zeros(2)
KINDS = [getattr(fl, row["class_name"]) for row in cases.ROWS.values()]
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def refused(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


@kinds
def test_names_have_no_case_and_no_separators(kind):
    names = [kind.name, *cases.ROWS[kind.name]["aliases"]]
    for name in names:
        spelt = [name.upper(), name.title(), name.replace("_", "-"), name.replace("_", " ")]
        for word in (*spelt, name.replace("_", ""), kind.__name__):
            assert fl.get(word) == kind()
    assert fl.get("MSE") == fl.get("Mean-Squared Error") == fl.MeanSquaredError()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rmse", "square root of 'mean_squared_error'"),
        ("RMSELoss", "square root of 'mean_squared_error'"),
        ("dice", "none here compares regions as a whole; 'binary_focal' is for a rare foreground"),
        ("focal_loss", "'binary_focal', 'categorical_focal' and 'sparse_categorical_focal'"),
        ("BCEWithLogitsLoss", "'binary_cross_entropy' with from_logits=True"),
        ("smooth_l1_loss", "'huber' divided by its delta"),
        ("MSELoss", "did you mean 'mean_squared_error'?"),
        ("entropy", "'categorical_cross_entropy' or 'sparse_categorical_cross_entropy'?"),
        ("hubber", "did you mean 'huber'?"),
        ("accuracy", "the names are mean_squared_error, mean_absolute_error"),
        ("sigmoid", "'binary_cross_entropy' with from_logits=True"),
        ("logistic", "it is 'binary_cross_entropy' with from_logits=True"),
        ("SoftMarginLoss", "it is 'binary_cross_entropy' with from_logits=True, of targets 0 or 1"),
        ("mape", "it is 'mean_absolute_error' term by term, each over abs(target)"),
        ("smape", "the names are mean_squared_error"),  # a letter from another loss's name
        ("HingeEmbeddingLoss", "none here takes distances; 'contrastive' takes two embeddings"),
        ("squared_hinge", "it is 'hinge' with squared=True"),
        ("cosine_similarity", "it is 1 minus 'cosine_embedding' of target 1"),
        ("binary:logistic", "it is 'binary_cross_entropy' with from_logits=True"),
        ("binary:hinge", "did you mean 'hinge'?"),
        ("multi:softprob", "it is 'sparse_categorical_cross_entropy' with from_logits=True"),
        ("multi:softmax", "it is 'sparse_categorical_cross_entropy' with from_logits=True"),
        ("reg:gamma", "it is 'tweedie' with power=2"),
        ("reg:tweedie", "did you mean 'tweedie'?"),
        ("reg:squarederror", "it is half of 'mean_squared_error'"),
        ("reg:absoluteerror", "did you mean 'mean_absolute_error'?"),
    ],
)
def test_near_names_are_suggested_by_meaning(name, words):
    message = refused(fl.ParameterError, lambda: fl.get(name))
    assert message.startswith(f"no loss is named {name!r}; ")
    assert words in message


def test_no_meaning_is_given_to_a_name_that_exists():
    for word, text in _habits._MEANINGS.items():
        assert word == _habits.plain(word)
        assert word not in registry._NAMES, word
        for name in text.split("'")[1::2]:
            assert name in fl.losses()


def test_what_is_told_of_other_names_is_true():
    pred, target = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.0, 0.0])
    signs = 2 * target - 1
    soft = np.mean(np.log1p(np.exp(-signs * pred)))
    assert fl.BinaryCrossEntropy(from_logits=True)(pred, target) == pytest.approx(soft, rel=1e-14)
    margins = np.mean(np.maximum(0, 1 - signs * pred) ** 2)
    assert fl.Hinge(squared=True)(pred, target) == pytest.approx(margins, rel=1e-14)
    gamma = np.mean(pred + 2 * np.exp(-pred))  # XGBoost's: target / mu + log mu
    assert fl.Tweedie(power=2)(pred, np.full(3, 2.0)) == pytest.approx(gamma, rel=1e-14)
    a, b = np.array([[1.0, 2.0]]), np.array([[3.0, -1.0]])
    cosine = np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b))
    assert 1 - fl.CosineEmbedding()(a, b, [1]) == pytest.approx(cosine, rel=1e-14)


@pytest.mark.parametrize("prefix", ["binary:", "multi:", "reg:", "count:", "survival:"])
def test_a_name_of_ours_behind_a_kind_of_objective(prefix):
    for row in cases.ROWS.values():
        if prefix + row["name"] not in row["aliases"]:
            message = refused(fl.ParameterError, lambda row=row: fl.get(prefix + row["name"]))
            assert f"did you mean {row['name']!r}?" in message


@kinds
def test_options_of_a_call_given_to_the_class(kind):
    call = f"{kind.__name__}()({', '.join(cases.ROWS[kind.name]['inputs'])}, reduction=...)"
    message = refused(TypeError, lambda: kind(reduction="sum"))
    assert message.startswith(f"{kind.__name__}: there is no parameter 'reduction'; ")
    assert call in message
    assert call in refused(fl.ParameterError, lambda: fl.get(kind.name, reduction="sum"))
    assert "reduction='mean')" in refused(TypeError, lambda: kind(size_average=True))
    for option in ("sample_weight", "out", "n_threads", "scale"):
        assert f"{option}=...)" in refused(TypeError, lambda option=option: kind(**{option: 1}))
    message = refused(TypeError, lambda: kind(weight=[1.0, 2.0]))
    assert "sample_weight=...)" in message
    for name in ("class_weight", "pos_weight"):
        assert (name in message) == (name in kind().params)


@kinds
def test_arrays_given_to_the_class(kind):
    inputs = cases.draw(cases.Case(kind.name))
    call = f"a loss is made first, and then called: {kind.__name__}()("
    for given in (inputs, [x.tolist() for x in inputs]):
        message = refused((TypeError, fl.ParameterError), lambda given=given: kind(*given))
        assert call in message
        assert message.startswith(f"{kind.__name__}: ")
    message = refused(TypeError, lambda: kind(**dict.fromkeys(("pred", "target"), 1)))
    assert call in message


@pytest.mark.parametrize(
    ("kind", "params", "words"),
    [
        (fl.Huber, {"beta": 1.0}, "here it is 'delta'"),
        (fl.SparseCategoricalCrossEntropy, {"ignore_class": 1}, "here it is 'ignore_index'"),
        (fl.CategoricalCrossEntropy, {"dim": 1}, "here it is 'axis'"),
        (fl.CategoricalCrossEntropy, {"label_smooting": 1}, "did you mean 'label_smoothing'?"),
        (fl.MeanSquaredError, {"beta": 1.0}, "it takes none"),
        (fl.Huber, {"nonsense": 1.0}, "it takes delta"),
    ],
)
def test_parameters_of_other_names(kind, params, words):
    (name,) = params
    message = refused(TypeError, lambda: kind(**params))
    assert message == f"{kind.__name__}: there is no parameter {name!r}; {words}"
    assert message == refused(fl.ParameterError, lambda: fl.get(kind.name, **params))


def test_what_was_no_habit_is_told_as_before():
    assert "positional" in refused(TypeError, lambda: fl.Huber(1.0, 2.0))
    assert refused(fl.ParameterError, lambda: fl.Huber(delta=-1)) == (
        "Huber: delta is -1, wanted: a finite number > 0"
    )
    assert str(inspect.signature(fl.Huber)) == "(delta: 'float' = 1.0) -> 'None'"

    class Mine(fl.Huber):
        def __init__(self, wide):
            super().__init__(delta=10.0 * wide)

    assert Mine(2.0).delta == 20.0
    assert "nonsense" in refused(TypeError, lambda: Mine(nonsense=1))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("MSELoss", "did you mean fastloss.MeanSquaredError? fastloss.torch has PyTorch's names"),
        ("CrossEntropyLoss", "did you mean fastloss.SparseCategoricalCrossEntropy?"),
        ("BCEWithLogitsLoss", "it is 'binary_cross_entropy' with from_logits=True"),
        ("BinaryCrossentropy", "did you mean fastloss.BinaryCrossEntropy?"),
        ("mean_squared_error", "did you mean fastloss.MeanSquaredError?"),
        ("mse", "did you mean fastloss.MeanSquaredError?"),
        ("KLDivLoss", "did you mean fastloss.KLDivergence?"),
        ("SmoothL1Loss", "it is 'huber' divided by its delta"),
        ("SoftMarginLoss", "it is 'binary_cross_entropy' with from_logits=True, of targets 0 or 1"),
        ("HingeEmbeddingLoss", "none here takes distances"),
        ("TripletMarginLoss", "did you mean fastloss.Triplet? fastloss.torch has PyTorch's names"),
    ],
)
def test_names_that_the_module_has_not(name, words):
    message = refused(AttributeError, lambda: getattr(fl, name))
    assert message.startswith(f"module 'fastloss' has no attribute {name!r}; ")
    assert words in message
    assert ("fastloss.torch" in message) == (name in names_of_the_torch_door())


def names_of_the_torch_door():
    """Return them without an import of PyTorch."""
    source = Path(fl.__file__).with_name("torch") / "__init__.py"
    for line in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(line, ast.Assign) and line.targets[0].id == "__all__":
            return {x for x in ast.literal_eval(line.value) if x.endswith("Loss") and x != "Loss"}
    raise AssertionError("fastloss.torch says no names")


def test_the_names_that_the_torch_door_has():
    assert set(_habits.OF_TORCH) == names_of_the_torch_door()
    for name in (*_habits.OF_TORCH, "NonsenseLoss"):
        hint = registry.attribute_hint(name)
        assert hint.endswith("fastloss.torch has PyTorch's names") == (name in _habits.OF_TORCH)


def test_names_of_nothing():
    assert not hasattr(fl, "nothing")
    message = refused(AttributeError, lambda: fl.nothing)
    assert message == "module 'fastloss' has no attribute 'nothing'"
    assert not hasattr(fl, "__wrapped__")


def test_methods_of_other_libraries():
    loss = fl.Huber()
    message = refused(AttributeError, lambda: loss.backward())
    assert message.startswith("'Huber' object has no attribute 'backward'; value_and_grad returns")
    assert "fastloss.torch has autograd" in message
    assert "did you mean grad_and_hess?" in refused(AttributeError, lambda: loss.hessian)
    assert refused(AttributeError, lambda: loss.foo) == "'Huber' object has no attribute 'foo'"


def test_a_door_opens_without_an_import():
    code = "import sys, fastloss as fl; assert 'fastloss.scipy' not in sys.modules; print(fl.scipy)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.startswith("<module 'fastloss.scipy'")
    code = "import sys; sys.modules['torch'] = None; import fastloss as fl; fl.torch"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert 'ImportError: fastloss.torch needs PyTorch: pip install "torch>=2.4"' in done.stderr


def test_the_list_fits_a_terminal(capsys):
    from fastloss.commands.listing import print_losses

    print_losses()
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    flat = " ".join(" ".join(lines).split())
    for row in cases.ROWS.values():
        assert f"{row['name']}({', '.join(row['inputs'])})" in flat
        assert " ".join(row["formula"].split()) in flat
        assert ", ".join(row["aliases"]) in flat
