"""A multi-layer perceptron and its optimiser, in plain NumPy."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Matrix: TypeAlias = npt.NDArray[np.float32]


class Network:
    """Layers of weights and biases with rectifiers between them, in float32."""

    def __init__(self, sizes: list[int], random: np.random.Generator) -> None:
        self.parameters: list[Matrix] = []
        for fan_in, fan_out in pairwise(sizes):
            weight = random.normal(0.0, np.sqrt(2.0 / fan_in), (fan_in, fan_out))
            self.parameters += [weight.astype(np.float32), np.zeros(fan_out, np.float32)]
        self._inputs: list[Matrix] = []

    def forward(self, x: Matrix) -> Matrix:
        """Return the outputs, and remember what `backward` needs."""
        self._inputs = []
        for layer in range(0, len(self.parameters), 2):
            if layer:
                x = np.maximum(x, np.float32(0.0))
            self._inputs.append(x)
            x = x @ self.parameters[layer] + self.parameters[layer + 1]
        return x

    def backward(self, gradient: Matrix) -> list[Matrix]:
        """Return the gradient of every parameter from that of the outputs."""
        found: list[Matrix] = []
        for layer in reversed(range(len(self._inputs))):
            x = self._inputs[layer]
            found = [x.T @ gradient, gradient.sum(axis=0), *found]
            if layer:
                gradient = (gradient @ self.parameters[2 * layer].T) * (x > 0)
        return found


class Adam:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters: list[Matrix], decay: float) -> None:
        self.parameters = parameters
        self.decay = decay
        self.steps = 0
        self.mean = [np.zeros_like(p) for p in parameters]
        self.square = [np.zeros_like(p) for p in parameters]

    def step(self, gradients: list[Matrix], rate: float) -> None:
        """Move every parameter a little against its gradient."""
        self.steps += 1
        size = rate * np.sqrt(1.0 - 0.999**self.steps) / (1.0 - 0.9**self.steps)
        for p, g, m, v in zip(self.parameters, gradients, self.mean, self.square, strict=True):
            m += np.float32(0.1) * (g - m)
            v += np.float32(0.001) * (g * g - v)
            if p.ndim > 1:
                p *= np.float32(1.0 - rate * self.decay)
            p -= np.float32(size) * m / (np.sqrt(v) + np.float32(1e-8))


def clip(gradients: list[Matrix], limit: float) -> float:
    """Scale all gradients down together where their global norm is above ``limit``; return it."""
    norm = float(np.sqrt(sum(float(np.vdot(g, g)) for g in gradients)))
    if norm > limit:
        for gradient in gradients:
            gradient *= np.float32(limit / norm)
    return norm
