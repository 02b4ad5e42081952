"""fastloss: loss functions as compiled kernels, with gradient and Hessian diagonal in one pass.

>>> import fastloss as fl
>>> loss = fl.Huber(delta=1.0)
>>> loss([0.5, 3.0], [0.0, 0.0])
1.3125
>>> loss.value_and_grad([0.5, 3.0], [0.0, 0.0])
(1.3125, array([0.25, 0.5 ]))

Every loss is a class; ``fl.losses()`` lists the names for ``fl.get``. ``python -m fastloss``
explains them and checks the installation.
"""

from typing import TYPE_CHECKING

from . import binary, boxes, classification, embedding, preference, regression, survival
from ._base import Loss
from ._core import __version__
from ._errors import (
    DeviceError,
    DomainError,
    DTypeError,
    FastlossError,
    LabelError,
    ParameterError,
    ShapeError,
)
from ._forms import PairLoss, PredictionLoss, TripleLoss
from .balance import balanced_class_weight
from .binary import *
from .boxes import *
from .classification import *
from .config import show_config
from .embedding import *
from .paths import get_cmake_dir, get_include, get_library_dir, get_pkgconfig_dir
from .preference import *
from .registry import attribute_hint as _attribute_hint
from .registry import get, losses
from .regression import *
from .stream import Stream
from .survival import *
from .threads import get_num_threads, num_threads, set_num_threads

__all__ = [
    "DTypeError",
    "DeviceError",
    "DomainError",
    "FastlossError",
    "LabelError",
    "Loss",
    "PairLoss",
    "ParameterError",
    "PredictionLoss",
    "ShapeError",
    "Stream",
    "TripleLoss",
    "__version__",
    "balanced_class_weight",
    "get",
    "get_cmake_dir",
    "get_include",
    "get_library_dir",
    "get_num_threads",
    "get_pkgconfig_dir",
    "losses",
    "num_threads",
    "set_num_threads",
    "show_config",
]
__all__ += binary.__all__
__all__ += boxes.__all__
__all__ += classification.__all__
__all__ += embedding.__all__
__all__ += preference.__all__
__all__ += regression.__all__
__all__ += survival.__all__

if not TYPE_CHECKING:  # a checker that saw this would let every name pass
    _DOORS = (
        "catboost",
        "dask",
        "jax",
        "keras",
        "lightgbm",
        "scipy",
        "sklearn",
        "torch",
        "xgboost",
    )

    def __getattr__(name):
        """Import a door on its first use; suggest a name of ours for that of another library."""
        if name in _DOORS:
            from importlib import import_module

            return import_module(f".{name}", __name__)
        hint = "" if name.startswith("_") else _attribute_hint(name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")


del TYPE_CHECKING
