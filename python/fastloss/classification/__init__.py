"""Losses of classes that exclude each other: a term is a row of class scores along ``axis``."""

from .cross_entropy import CategoricalCrossEntropy, SparseCategoricalCrossEntropy
from .focal import CategoricalFocal, SparseCategoricalFocal

__all__ = [
    "CategoricalCrossEntropy",
    "CategoricalFocal",
    "SparseCategoricalCrossEntropy",
    "SparseCategoricalFocal",
]
