"""What hands used to other libraries type, answered by what it is called here."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NoReturn

from ._core import rows
from ._errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LOGITS = "from_logits=True"
_BINARY = f"it is 'binary_cross_entropy' with {_LOGITS}"
_CLASSES = f"it is 'sparse_categorical_cross_entropy' with {_LOGITS}"
# Losses that go by another name or are near to what is wanted; names as `plain` leaves them.
_MEANINGS = {
    "bcewithlogits": _BINARY,
    "cosinesimilarity": "it is 1 minus 'cosine_embedding' of target 1",
    "dice": "none here compares regions as a whole; 'binary_focal' is for a rare foreground",
    "focalloss": "there are 'binary_focal', 'categorical_focal' and 'sparse_categorical_focal'",
    "gamma": "it is 'tweedie' with power=2",
    "hingeembedding": "none here takes distances; 'contrastive' takes two embeddings",
    "logistic": _BINARY,
    "mape": "it is 'mean_absolute_error' term by term, each over abs(target)",
    "multi:softmax": _CLASSES,
    "reg:squarederror": "it is half of 'mean_squared_error'",
    "rmse": "it is the square root of 'mean_squared_error'",
    "rootmeansquarederror": "it is the square root of 'mean_squared_error'",
    "sigmoid": f"'binary_cross_entropy' with {_LOGITS} takes scores before the sigmoid",
    "smoothl1": "it is 'huber' divided by its delta",
    "softmax": f"there are 'categorical_cross_entropy', which takes {_LOGITS}, and for labels "
    "'sparse_categorical_cross_entropy'",
    "softmargin": f"{_BINARY}, of targets 0 or 1",
    "softprob": _CLASSES,
    "squaredhinge": "it is 'hinge' with squared=True",
    "tversky": "none here compares regions as a whole; 'binary_focal' is for a rare foreground",
}
_OBJECTIVES = ("binary:", "count:", "multi:", "reg:", "survival:")  # XGBoost's kinds of them
OF_TORCH = (  # the losses that `fastloss.torch` has under PyTorch's names
    "BCELoss",
    "BCEWithLogitsLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "TripletMarginLoss",
)
_OF_THE_CALL = ("sample_weight", "reduction", "scale", "out", "n_threads")
_OF_A_REDUCTION = ("size_average", "reduce")  # PyTorch's words of old
_PARAMETERS = {
    "beta": "delta",
    "dim": "axis",
    "epsilon": "eps",
    "ignore_class": "ignore_index",
    "logits": "from_logits",
    "smoothing": "label_smoothing",
}
absent = {  # what a loss has not
    "backward": "value_and_grad returns value and gradient at once; fastloss.torch has autograd",
    "forward": "a loss is called itself",
    "gradient": "did you mean grad?",
    "hess": "did you mean grad_and_hess?",
    "hessian": "did you mean grad_and_hess?",
    "reduction": "reduction is an argument of the call",
}
_INPUTS = ("pred", "target", "input", "y_true", "y_pred", "labels", "logits")


def plain(name: str) -> str:
    """Return a name without case and separators."""
    return "".join(c for c in name if c not in " _-").lower()


def name_hint(name: str, names: dict[str, str]) -> str:
    """Return what to say about a name that no loss has; `names` are the plain ones."""
    whole = plain(name)
    bare = whole.partition(":")[2] if whole.startswith(_OBJECTIVES) else whole
    stem = bare.removesuffix("loss")
    for word in (whole, bare, stem):
        if word in _MEANINGS:
            return _MEANINGS[word]
    if stem in names:
        return f"did you mean {names[stem]!r}?"
    within = [name for name in dict.fromkeys(names.values()) if stem in plain(name)]
    if len(stem) > 3 and within:
        return f"did you mean {_either(within)}?"
    # Between short names a letter makes another loss, as in mae and mape.
    if close := _near(bare, [word for word in names if len(word) > 4]):
        return f"did you mean {names[close]!r}?"
    return f"the names are {', '.join(dict.fromkeys(names.values()))}"


def parameter_hint(kind: str, parameter: str) -> str:
    """Return what to say about a parameter that the class of this name has not."""
    row = next(row for row in rows() if row["class_name"] == kind)
    known = [p["name"] for p in row["parameters"]]
    call = f"{kind}()({', '.join(row['inputs'])}"
    hint = f"it takes {', '.join(known) or 'none'}"
    if parameter in _OF_THE_CALL:
        hint = f"it is an argument of the call, {call}, {parameter}=...)"
    elif parameter in _OF_A_REDUCTION:
        hint = f"the call has it, {call}, reduction='mean'), or 'sum', or 'none'"
    elif parameter == "weight":
        others = {"class_weight": "one per class", "pos_weight": "that of the positive part"}
        here = "".join(f"{name} is {what}, " for name, what in others.items() if name in known)
        hint = f"{here}the call has one per loss term, {call}, sample_weight=...)"
    elif _PARAMETERS.get(parameter) in known:
        hint = f"here it is {_PARAMETERS[parameter]!r}"
    elif parameter in _INPUTS:
        hint = f"a loss is made first, and then called: {call})"
    elif close := _near(parameter, known):
        hint = f"did you mean {close!r}?"
    return f"{kind}: there is no parameter {parameter!r}; {hint}"


def advised(make: Callable[..., None]) -> Callable[..., None]:
    """Wrap the ``__init__`` of a loss, so that its errors answer habits."""

    @functools.wraps(make)
    def __init__(self: Any, *given: Any, **params: Any) -> None:  # noqa: N807
        try:
            make(self, *given, **params)
        except (TypeError, ParameterError) as error:
            message = _construction(type(self), given, params, error)
            if message is None:
                raise
            raise type(error)(message) from None

    return __init__


def _construction(kind: Any, given: tuple[Any, ...], params: Any, error: Exception) -> str | None:
    row = next((row for row in rows() if row["name"] == kind.name), None)
    if row is None:
        return None
    if any(isinstance(x, list) or getattr(x, "ndim", 0) > 0 for x in given[:1]):
        call = f"{kind.__name__}()({', '.join(row['inputs'])})"
        first = "" if isinstance(error, TypeError) else f"{error}; "
        name = "" if first else f"{kind.__name__}: "
        return f"{first}{name}a loss is made first, and then called: {call}"
    known = [p["name"] for p in row["parameters"]]
    unknown = [name for name in params if name not in known]
    if unknown and kind.__name__ == row["class_name"]:
        return parameter_hint(kind.__name__, unknown[0])
    return None


class Absent:
    """A name that a loss has not, with an answer. A ``__getattr__`` would slow every call down."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.__doc__ = f"There is none; {absent[name]}"  # what help() shows

    def __get__(self, loss: object, owner: type) -> NoReturn:
        raise AttributeError(
            f"{owner.__name__!r} object has no attribute {self.name!r}; {absent[self.name]}"
        )


def _near(word: str, words: Iterable[str]) -> str | None:
    import difflib  # here, because it costs more than the rest of the import

    return next(iter(difflib.get_close_matches(word, words, n=1, cutoff=0.75)), None)


def _either(names: Iterable[str]) -> str:
    *others, last = map(repr, names)
    return f"{', '.join(others)} or {last}" if others else last
