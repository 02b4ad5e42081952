"""A regressor of the progression of diabetes: Huber loss, in standard deviations of the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.datasets import load_diabetes  # type: ignore[import,unused-ignore]
from sklearn.model_selection import train_test_split  # type: ignore[import,unused-ignore]

import fastloss as fl

from .network import Network
from .result import Result
from .training import Data, Plan, Task, Trainer

if TYPE_CHECKING:
    from .network import Matrix

SEED = 0


def train() -> Result:
    """Train, report and return what the picture needs."""
    raw, progression = load_diabetes(return_X_y=True, scaled=False)
    raw, raw_test, y, y_test = train_test_split(raw, progression, test_size=0.2, random_state=SEED)
    raw, raw_check, y, y_check = train_test_split(raw, y, test_size=0.25, random_state=SEED)
    center, spread = raw.mean(axis=0), raw.std(axis=0)
    middle, unit = y.mean(), float(y.std())

    def prepare(features: Matrix, target: Matrix) -> Data:
        column = ((target - middle) / unit)[:, np.newaxis]
        return Data(((features - center) / spread).astype(np.float32), column.astype(np.float32))

    def error(outputs: Matrix, data: Data) -> float:
        return fl.MeanAbsoluteError()(outputs, data.y, scale=unit)

    print(
        f"Diabetes: {len(y)} patients to train, {len(y_check)} to validate, {len(y_test)} to test"
    )
    random = np.random.default_rng(SEED)
    network = Network([10, 32, 1], random)
    loss = fl.Huber(delta=1.0)
    task = Task("diabetes", loss, error)
    trainer = Trainer(network, task, Plan(epochs=120, batch=32, rate=3e-3, decay=0.05), random)
    history = trainer.fit(prepare(raw, y), prepare(raw_check, y_check))
    test = prepare(raw_test, y_test)
    outputs = network.forward(test.x)
    result = Result("Progression of diabetes", "Huber loss", "mean abs. error", "points", history)
    result.report(loss(outputs, test.y), error(outputs, test))
    constant = error(np.zeros_like(outputs), test)
    print(f"  always the mean of the training set: mean abs. error {constant:.1f} points\n")
    return result
