"""The call forms, a line each. Type checkers read `_forms.pyi`, which is made from them."""

from ._loss import form, name_forms

PredictionLoss = form("pred", "target")
PairLoss = form("a", "b", "target", gradients=2)
TripleLoss = form("anchor", "positive", "negative", gradients=3)
BoxLoss = form("pred", "target", hessian=False)
MeanVarianceLoss = form("mean", "variance", "target", gradients=2)
PreferencePairLoss = form("chosen", "rejected", "ref_chosen", "ref_rejected", gradients=4)
IntervalLoss = form("score", "lower", "upper")

name_forms(globals())
