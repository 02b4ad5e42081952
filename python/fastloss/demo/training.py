"""The training loop of both models: mini-batches, schedule, clipping, early stopping."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tqdm import tqdm  # type: ignore[import,unused-ignore]

from .network import Adam, Network, clip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import numpy.typing as npt

    from .. import Loss
    from .network import Matrix


@dataclass(frozen=True)
class Data:
    """Inputs and targets."""

    x: Matrix
    y: npt.NDArray[np.generic]


@dataclass(frozen=True)
class Plan:
    """What a training run may do."""

    epochs: int
    batch: int
    rate: float
    warmup: int = 5
    patience: int = 15
    clip: float = 1.0
    decay: float = 0.01

    def learning_rate(self, epoch: float) -> float:
        """Return the rate: up in a line during the warm-up, then down along a cosine."""
        if epoch < self.warmup:
            return self.rate * epoch / self.warmup
        progress = (epoch - self.warmup) / (self.epochs - self.warmup)
        return self.rate * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * progress)))


def unchanged(x: Matrix, random: np.random.Generator) -> Matrix:
    """Return a batch as it is."""
    return x


@dataclass(frozen=True)
class Task:
    """What is to be learned, how its success is measured, how its inputs are varied."""

    name: str
    loss: Loss
    score: Callable[[Matrix, Data], float]
    vary: Callable[[Matrix, np.random.Generator], Matrix] = unchanged


@dataclass
class History:
    """What a training run did, epoch by epoch."""

    train: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    steps: int = 0
    clipped: int = 0
    best: int = 0
    stopped_early: bool = False


class Trainer:
    """Trains a network with Adam until the validation loss no longer falls."""

    def __init__(
        self, network: Network, task: Task, plan: Plan, random: np.random.Generator
    ) -> None:
        self.network = network
        self.task = task
        self.plan = plan
        self.random = random
        self.optimiser = Adam(network.parameters, plan.decay)
        self.history = History()

    def fit(self, train: Data, validation: Data) -> History:
        """Train, put back the weights of the best epoch, and tell what happened."""
        history, parameters = self.history, self.network.parameters
        best = [p.copy() for p in parameters]
        with tqdm(range(self.plan.epochs), desc=self.task.name, unit="epoch", ncols=100) as bar:
            for epoch in bar:
                self._train(train, epoch)
                self._validate(validation)
                if history.validation[epoch] <= min(history.validation):
                    history.best, best = epoch, [p.copy() for p in parameters]
                numbers = f"loss {history.train[-1]:.4f}, validation {history.validation[-1]:.4f}"
                bar.set_postfix_str(numbers)
                if epoch - history.best >= self.plan.patience:
                    history.stopped_early = True
                    break
        for parameter, value in zip(parameters, best, strict=True):
            parameter[...] = value
        return history

    def _train(self, data: Data, epoch: int) -> None:
        total, rate = 0.0, 0.0
        for done, rows in self._batches(len(data.x)):
            outputs = self.network.forward(self.task.vary(data.x[rows], self.random))
            # The gradient takes the place of the outputs: no further array is needed.
            value, gradient = self.task.loss.value_and_grad(outputs, data.y[rows], out=outputs)
            gradients = self.network.backward(gradient)
            self.history.clipped += clip(gradients, self.plan.clip) > self.plan.clip
            self.history.steps += 1
            rate = self.plan.learning_rate(epoch + done)
            self.optimiser.step(gradients, rate)
            total += value * len(rows)
        self.history.train.append(total / len(data.x))
        self.history.rate.append(rate)

    def _validate(self, data: Data) -> None:
        outputs = self.network.forward(data.x)
        self.history.validation.append(self.task.loss(outputs, data.y))
        self.history.score.append(self.task.score(outputs, data))

    def _batches(self, n: int) -> Iterator[tuple[float, npt.NDArray[np.intp]]]:
        """Yield the rows of every batch in random order, with the share of the epoch then done."""
        order, size = self.random.permutation(n), self.plan.batch
        for start in range(0, n, size):
            rows = order[start : start + size]
            yield (start + len(rows)) / n, rows
