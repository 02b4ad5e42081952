"""The Python face: identity, documentation, names and the command line."""

import copy
import doctest
import importlib
import importlib.util
import inspect
import pickle
import pkgutil
import re
import subprocess
import sys

import fastloss as fl
import numpy as np
import pytest
from fastloss.registry import input_names

from tests import cases

CASES = cases.cases()
CLASSES = {name: getattr(fl, row["class_name"]) for name, row in cases.ROWS.items()}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_identity(case):
    loss = case.loss
    names = vars(fl)
    assert eval(repr(loss), {"__builtins__": {"float": float}}, names) == loss
    for twin in (case.loss, copy.copy(loss), copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert twin == loss
        assert hash(twin) == hash(loss)
        assert repr(twin) == repr(loss)
        assert type(twin) is type(loss) is CLASSES[case.name]
        assert twin.params == loss.params
    inputs = cases.draw(case)
    assert pickle.loads(pickle.dumps(loss))(*inputs) == loss(*inputs)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(loss, protocol)) == loss


def test_different_losses_differ():
    losses = [case.loss for case in CASES]
    assert len({*losses}) == len({repr(loss) for loss in losses})
    assert fl.Huber() != fl.Huber(delta=2.0)
    assert fl.Huber() == fl.Huber(1) == fl.Huber(np.float32(1.0))
    assert fl.MeanSquaredError() != fl.MeanAbsoluteError()
    assert fl.Huber() != "Huber(delta=1.0)"
    assert (fl.Huber() == 1) is False


@pytest.mark.parametrize("case", CASES, ids=str)
def test_immutable(case):
    loss, before = case.loss, repr(case.loss)
    for name in [*loss.params, "name", "params", "anything"]:
        with pytest.raises(AttributeError):
            setattr(loss, name, 1)
        with pytest.raises(AttributeError):
            delattr(loss, name)
    loss.params.clear()
    for value in loss.params.values():
        hash(value)  # tuples, not lists
    assert repr(loss) == before
    for key, value in loss.params.items():
        assert getattr(loss, key) == value or value is None


@pytest.mark.parametrize("name", CLASSES)
def test_signature(name):
    row, kind = cases.ROWS[name], CLASSES[name]
    parameters = inspect.signature(kind).parameters
    assert list(parameters) == [p["name"] for p in row["parameters"]]
    for p in row["parameters"]:
        assert parameters[p["name"]].default == p["default"]
        assert type(parameters[p["name"]].default) is type(p["default"])
        assert parameters[p["name"]].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert kind().params == {p["name"]: p["default"] for p in row["parameters"]}
    for method in cases.methods(row["hessian"]):
        found = dict(inspect.signature(getattr(kind, method)).parameters)
        assert found.pop("self").kind is inspect.Parameter.POSITIONAL_ONLY
        positional = [k for k, p in found.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert positional == input_names(row)
        keywords = {k: p.default for k, p in found.items() if p.kind is p.KEYWORD_ONLY}
        wanted = {"sample_weight": None, "reduction": "mean", "scale": 1.0, "out": None}
        wanted |= {"n_threads": None}
        if method == "grad_and_hess":
            wanted["curvature"] = "exact"
        assert keywords == wanted


CE = {"from_logits": False, "class_weight": None, "label_smoothing": 0, "axis": -1, "eps": 0}
DEFAULTS = {
    "Huber": {"delta": 1},
    "BinaryCrossEntropy": {"from_logits": False, "pos_weight": 1, "label_smoothing": 0, "eps": 0},
    "CategoricalCrossEntropy": CE,
    "SparseCategoricalCrossEntropy": {**CE, "ignore_index": None},
    "BinaryFocal": {"gamma": 2, "alpha": 0.25, "from_logits": False},
    "CategoricalFocal": {**CE, "gamma": 2, "alpha": None},
    "SparseCategoricalFocal": {**CE, "gamma": 2, "alpha": None, "ignore_index": None},
    "Contrastive": {"margin": 1},
    "Triplet": {"margin": 1, "p": 2, "squared": False, "swap": False},
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults(name):
    assert DEFAULTS[name].items() <= getattr(fl, name)().params.items()


def test_names():
    names = fl.losses()
    assert names == list(cases.ROWS)
    assert len(set(names)) == len(names)
    taken = list(names)
    for name, row in cases.ROWS.items():
        assert fl.get(name) == CLASSES[name]()
        assert CLASSES[name].name == name
        for alias in row["aliases"]:
            assert fl.get(alias) == fl.get(name)
        taken += row["aliases"]
    assert len(set(taken)) == len(taken), "an alias has two meanings"
    assert fl.get("huber", delta=2.0) == fl.Huber(2.0)
    assert fl.get("mse") == fl.MeanSquaredError()
    assert fl.get("bce") == fl.BinaryCrossEntropy()
    names.clear()
    assert fl.losses()


@pytest.mark.parametrize("name", CLASSES)
def test_parameters_as_arrays(name):
    for p in cases.ROWS[name]["parameters"]:
        if "vector" not in p["kind"]:
            continue
        key, values = p["name"], (0.5, 1.0, 0.25)
        wanted = fl.get(name, **{key: values})
        assert wanted.params[key] == values
        for given in (list(values), np.array(values), np.array(values, np.float32), iter(values)):
            assert fl.get(name, **{key: given}) == wanted
        integers = fl.get(name, **{key: np.array([1, 0])})
        assert integers.params[key] == (1.0, 0.0)
        assert all(type(x) is float for x in integers.params[key])


def modules():
    """Return the names of all modules; packages that need another library are not looked into."""
    found = pkgutil.walk_packages(fl.__path__, "fastloss.", onerror=lambda name: None)
    names = [module.name for module in found]
    return ["fastloss", *(n for n in names if n.split(".")[1] not in ("__main__", "_core", "demo"))]


def test_everything_public_is_listed():
    assert sorted(fl.__all__) == sorted(set(fl.__all__))
    for name in fl.__all__:
        assert getattr(fl, name) is not None
    public = {k for k, v in vars(fl).items() if not k.startswith("_") and not inspect.ismodule(v)}
    assert public <= {*fl.__all__}
    assert {kind.__name__ for kind in CLASSES.values()} <= {*fl.__all__}


@pytest.mark.parametrize("name", modules())
def test_doctests(name):
    try:
        module = importlib.import_module(name)
    except ImportError as missing:
        cause = missing.__cause__ if isinstance(missing.__cause__, ImportError) else missing
        library = (cause.name or "fastloss").split(".")[0]
        if library == "fastloss":
            raise
        pytest.skip(f"needs {library}; tests/interop tries it")
    examples = [e.source for t in doctest.DocTestFinder().find(module) for e in t.examples]
    for library in sorted({*re.findall(r"^(?:from|import) (\w+)", "".join(examples), re.M)}):
        if importlib.util.find_spec(library) is None:
            pytest.skip(f"its examples need {library}; tests/interop tries them")
    failed, tried = doctest.testmod(module, verbose=False)
    assert failed == 0
    if any(getattr(kind, "__module__", "") == module.__name__ for kind in CLASSES.values()):
        assert tried > 0


@pytest.mark.parametrize("name", CLASSES)
def test_class_documentation(name):
    row, kind = cases.ROWS[name], CLASSES[name]
    text = inspect.getdoc(kind)
    sections = ["Raises\n------", "Notes\n-----", "References\n----------", "Examples\n--------"]
    if row["parameters"]:
        sections.append("Parameters\n----------")
    for section in sections:
        assert f"\n{section}\n" in text, section
    assert ">>> " in text
    for p in row["parameters"]:
        assert f"\n{p['name']} : " in text
        line = text.split(f"\n{p['name']} : ")[1].split("\n")[0]
        assert line.endswith(f"default {p['default']!r}") or (
            p["default"] is None and "optional" in line
        )
    others = [
        x for x in ("PyTorch", "Keras", "scikit-learn", "XGBoost", "LightGBM", "TRL") if x in text
    ]
    assert others, "how other libraries differ is not told"
    for method in cases.methods(row["hessian"]):
        assert inspect.getdoc(getattr(kind, method))


@pytest.mark.parametrize("name", [n for n in fl.__all__ if callable(getattr(fl, n))])
def test_public_documentation(name):
    thing = getattr(fl, name)
    text = inspect.getdoc(thing)
    assert text
    assert text[0].isupper()
    if inspect.isfunction(thing):
        signature = inspect.signature(thing)
        if signature.parameters:
            assert "Parameters\n----------" in text
        for parameter in signature.parameters:
            assert parameter in text


def test_errors_are_the_usual_ones():
    pairs = [
        (fl.ShapeError, ValueError),
        (fl.DTypeError, TypeError),
        (fl.LabelError, IndexError),
        (fl.ParameterError, ValueError),
        (fl.DomainError, ValueError),
    ]
    for ours, theirs in pairs:
        assert issubclass(ours, theirs)
        assert issubclass(ours, fl.FastlossError)
        assert ours.__module__ == "fastloss"


def test_configuration(capsys):
    config = fl.show_config(mode="dict")
    assert config["version"] == fl.__version__
    assert config["isa"] in config["isa_available"]
    assert {*config["isa_available"]} <= {*config["isa_compiled"]}
    assert config["threads"] == fl.get_num_threads()
    assert fl.show_config() is None
    printed = capsys.readouterr().out
    for key in config:
        assert key in printed
    with pytest.raises(fl.ParameterError, match="mode"):
        fl.show_config(mode="json")


def command(*arguments, code=0):
    done = subprocess.run(
        [sys.executable, "-m", "fastloss", *arguments],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def test_command_line():
    info = command("info")
    for key, value in fl.show_config(mode="dict").items():
        wanted = value if key == "isa" else "."
        assert re.search(rf"^{key} +{wanted}", info, re.M), key
    assert fl.__version__ in info
    assert fl.__version__ in command("--version")
    listed = command("list")
    for name in fl.losses():
        assert name in listed
    assert "explain" in command("--help")
    assert "\n## regression\n" in command("table")


@pytest.mark.parametrize("name", CLASSES)
def test_explain(name):
    text = command("explain", name)
    assert CLASSES[name].__name__ in text
    assert cases.ROWS[name]["formula"] in text
    assert "nan" not in text.lower().split("\n\n")[1]


def test_command_line_errors():
    assert "huber" in command("explain", "hubber", code=2)
    assert "delta" in command("explain", "huber", "delta=-1", code=2)
    assert "usage" in command("nonsense", code=2)
    command(code=2)


def test_selftest():
    text = command("selftest")
    assert text.strip()


def test_demo(tmp_path):
    for name in ("sklearn", "matplotlib", "tqdm"):
        pytest.importorskip(name, reason=f"the demo needs {name}: pip install '.[demo]'")
    picture = tmp_path / "curves.png"
    text = command("demo", "--output", str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "accuracy" in text
    for example in ("300 000", "320 000", "90 %", "60 %"):
        assert example in text
