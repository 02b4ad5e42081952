"""scikit-learn: the Cython losses behind its boosting and linear models (sklearn._loss).

They are kept private by scikit-learn but are its loss kernels. Losses come per sample and the
gradient is that of the sum, of half the loss where the name says Half; the comparison allows
for the factor, and averaging the values is part of the time.
"""

import importlib
from typing import Any

import numpy as np

from bench.agreement import Answer
from bench.peers import Contender
from bench.workloads import Inputs, Workload

NAME = "scikit-learn"
SMALL = 4096  # below this many elements its threads cost more than they bring
_found: dict[str, Any] = {}


def load(threads: int) -> str:
    sklearn = importlib.import_module("sklearn")
    try:
        _found["losses"] = importlib.import_module("sklearn._loss.loss")
    except ModuleNotFoundError as error:
        raise ImportError(str(error)) from error
    _found["threads"] = threads
    return str(sklearn.__version__)


def contenders(work: Workload, inputs: Inputs) -> list[Contender]:
    losses = _found["losses"]
    pred, target = inputs[0], inputs[1]
    threads = _found["threads"] if pred.size >= SMALL else 1
    makers: dict[str, Any] = {
        "mse": (lambda: losses.HalfSquaredError(), 2.0),
        "mae": (lambda: losses.AbsoluteError(), 1.0),
        "huber": (lambda: losses.HuberLoss(delta=1.0), 1.0),
        "bce": (lambda: losses.HalfBinomialLoss(), 1.0),
        "ce": (lambda: losses.HalfMultinomialLoss(n_classes=pred.shape[1]), 1.0),
    }
    if work.family not in makers:
        return []
    maker, factor = makers[work.family]
    loss = maker()
    labels = target.astype(np.float32, copy=False)  # scikit-learn wants float labels
    terms, g = np.empty(len(pred), np.float32), np.empty_like(pred)
    scale = np.float32(factor / len(pred))

    def value() -> Any:
        loss.loss(labels, pred, loss_out=terms, n_threads=threads)
        return float(terms.mean())

    def value_and_grad() -> Any:
        loss.loss_gradient(labels, pred, loss_out=terms, gradient_out=g, n_threads=threads)
        return float(terms.mean())

    def grad_and_hess() -> Any:
        loss.gradient_hessian(labels, pred, gradient_out=g, hessian_out=h, n_threads=threads)

    if work.mode == "value":
        return [Contender(NAME, value, lambda result: Answer(result * factor))]
    if work.mode == "value_and_grad":
        return [
            Contender(NAME, value_and_grad, lambda result: Answer(result * factor, (g * scale,)))
        ]
    h = np.empty_like(pred)
    return [Contender(NAME, grad_and_hess, lambda _: Answer(None, (g * scale, h * scale)))]
