"""Losses of classes: a term is a row of class scores along ``axis``."""

from .cross_entropy import CategoricalCrossEntropy, SparseCategoricalCrossEntropy
from .divergence import KLDivergence
from .focal import CategoricalFocal, SparseCategoricalFocal
from .likelihood import NegativeLogLikelihood
from .margins import MultiMargin
from .multilabel import MultiLabelSoftMargin

__all__ = [
    "CategoricalCrossEntropy",
    "CategoricalFocal",
    "KLDivergence",
    "MultiLabelSoftMargin",
    "MultiMargin",
    "NegativeLogLikelihood",
    "SparseCategoricalCrossEntropy",
    "SparseCategoricalFocal",
]
