"""The call forms, a line each. Type checkers read `_forms.pyi`, which is made from them."""

from ._loss import form, name_forms

PredictionLoss = form("pred", "target")
PairLoss = form("a", "b", "target", gradients=2)
TripleLoss = form("anchor", "positive", "negative", gradients=3)

name_forms(globals())
