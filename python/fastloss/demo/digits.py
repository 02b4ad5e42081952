"""A classifier of handwritten digits: softmax cross-entropy from logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.datasets import load_digits  # type: ignore[import,unused-ignore]
from sklearn.model_selection import train_test_split  # type: ignore[import,unused-ignore]

import fastloss as fl

from .network import Network
from .result import Result
from .training import Data, Plan, Task, Trainer

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy.typing as npt

    from .network import Matrix

    Labels: TypeAlias = npt.NDArray[np.intp]

SEED = 0


def train() -> Result:
    """Train, report and return what the picture needs."""
    raw, label = load_digits(return_X_y=True)
    x = (raw / 16.0 - 0.5).astype(np.float32)
    x, x_test, label, y_test = train_test_split(
        x, label, test_size=0.2, stratify=label, random_state=SEED
    )
    x, x_check, label, y_check = train_test_split(
        x, label, test_size=0.25, stratify=label, random_state=SEED
    )
    print(f"Digits: {len(x)} images to train, {len(x_check)} to validate, {len(x_test)} to test")
    random = np.random.default_rng(SEED)
    network = Network([64, 128, 64, 10], random)
    loss = fl.SparseCategoricalCrossEntropy(from_logits=True)
    task = Task("digits", loss, accuracy, shifted)
    trainer = Trainer(network, task, Plan(epochs=100, batch=32, rate=4e-3, decay=0.05), random)
    history = trainer.fit(Data(x, label), Data(x_check, y_check))
    logits = network.forward(x_test)
    result = Result("Handwritten digits", "cross-entropy, nats", "accuracy", "%", history)
    result.report(loss(logits, y_test), accuracy(logits, Data(x_test, y_test)))
    _print_confusions(logits.argmax(axis=1), y_test)
    return result


def accuracy(logits: Matrix, data: Data) -> float:
    """Return how many rows are right, in per cent."""
    return 100.0 * float(np.mean(logits.argmax(axis=1) == data.y))


def shifted(x: Matrix, random: np.random.Generator) -> Matrix:
    """Return the images moved by up to one pixel, each its own way."""
    padded = np.pad(x.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)), constant_values=-0.5)
    down, right = random.integers(0, 3, (2, len(x), 1, 1))
    image, row, column = np.ogrid[: len(x), :8, :8]
    moved: Matrix = padded[image, row + down, column + right].reshape(len(x), 64)
    return moved


def _print_confusions(guess: Labels, truth: Labels) -> None:
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (truth, guess), 1)
    np.fill_diagonal(counts, 0)
    worst = np.argsort(-counts, axis=None, kind="stable")[:3]
    pairs = [(*divmod(int(place), 10), int(counts.flat[place])) for place in worst]
    text = ", ".join(f"{n} x {a} read as {b}" for a, b, n in pairs if n)
    print(f"  most frequent confusions in the test: {text or 'none'}\n")
