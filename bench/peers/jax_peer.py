"""JAX: jax.jit of jax.value_and_grad, with optax's losses where optax is installed.

Two forms: the everyday one, and one that hands the previous gradient back to XLA as the buffer
for the next (donation, JAX's counterpart of out=).
"""

import importlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.agreement import Answer
from bench.peers import Contender
from bench.workloads import CONTRASTIVE_MARGIN, Array, Inputs, Workload

NAME = "JAX jit"
DONATED = "JAX jit, donated"
_found: dict[str, Any] = {}


def load(threads: int) -> str:
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    _found["jax"] = importlib.import_module("jax")
    _found["jnp"] = importlib.import_module("jax.numpy")
    version = str(_found["jax"].__version__)
    try:
        _found["optax"] = importlib.import_module("optax")
    except ImportError:
        return version
    return f"{version} (optax {_found['optax'].__version__})"


def contenders(work: Workload, inputs: Inputs) -> list[Contender]:
    jax, jnp = _found["jax"], _found["jnp"]
    arrays = [jnp.asarray(_aligned(array)) for array in inputs]
    jax.block_until_ready(arrays)
    if work.mode == "grad_and_hess":
        function, buffers = _logistic_hess(), 2
    else:
        loss = _losses().get(work.family)
        if loss is None:
            return []
        if work.mode == "value":
            single = jax.jit(loss)
            return [
                Contender(
                    NAME,
                    lambda: jax.block_until_ready(single(*arrays)),
                    lambda result: Answer(float(result)),
                )
            ]
        function = jax.value_and_grad(loss, argnums=tuple(range(work.real_inputs)))
        buffers = work.real_inputs
    plain = jax.jit(function)

    def answer(result: Any) -> Answer:
        value, grads = result
        return Answer(
            None if value is None else float(value), tuple(np.asarray(grad) for grad in grads)
        )

    given = len(arrays)
    donated = jax.jit(
        lambda *arguments: function(*arguments[:given]),
        donate_argnums=tuple(range(given, given + buffers)),
        keep_unused=True,
    )
    kept = [jnp.zeros_like(arrays[0]) for _ in range(buffers)]

    def reuse() -> Any:
        value, grads = jax.block_until_ready(donated(*arrays, *kept))
        kept[:] = grads
        return value, grads

    return [
        Contender(NAME, lambda: jax.block_until_ready(plain(*arrays)), answer),
        Contender(DONATED, reuse, answer, everyday=False),
    ]


def _aligned(array: Array) -> Array:
    """A copy at a multiple of 64 bytes in NumPy's memory, which JAX takes without copying."""
    room = np.empty(array.nbytes + 64, np.uint8)
    start = -room.ctypes.data % 64
    copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def _logistic_hess() -> Callable[..., Any]:
    jax = _found["jax"]

    def function(z: Any, t: Any) -> Any:
        p = jax.nn.sigmoid(z)
        return None, ((p - t) / z.size, p * (1 - p) / z.size)

    return function


def _losses() -> dict[str, Callable[..., Any]]:
    jax, jnp, optax = _found["jax"], _found["jnp"], _found.get("optax")

    def binary(z: Any, t: Any) -> Any:
        return jnp.maximum(z, 0) - z * t + jnp.log1p(jnp.exp(-jnp.abs(z)))

    def focal(z: Any, t: Any) -> Any:
        p = jax.nn.sigmoid(z)
        return (0.75 - 0.5 * t) * (p + t - 2 * p * t) ** 2 * binary(z, t)

    def huber(pred: Any, target: Any) -> Any:
        r = jnp.abs(pred - target)
        q = jnp.minimum(r, 1)
        return q * (r - 0.5 * q)

    def cross_entropy(z: Any, labels: Any) -> Any:
        picked = jnp.take_along_axis(z, labels[:, None], axis=-1)[:, 0]
        return jax.nn.logsumexp(z, axis=-1) - picked

    if optax is not None:
        binary = optax.sigmoid_binary_cross_entropy
        huber = optax.huber_loss
        cross_entropy = optax.softmax_cross_entropy_with_integer_labels

        def focal(z: Any, t: Any) -> Any:
            return optax.sigmoid_focal_loss(z, t, alpha=0.25, gamma=2.0)

    def distance(a: Any, b: Any) -> Any:
        return jnp.sqrt(jnp.sum(jnp.square(a - b), axis=-1))

    def triplet(anchor: Any, positive: Any, negative: Any) -> Any:
        return jnp.maximum(distance(anchor, positive) - distance(anchor, negative) + 1, 0)

    def contrastive(a: Any, b: Any, t: Any) -> Any:
        d = distance(a, b)
        return t * d**2 + (1 - t) * jnp.maximum(CONTRASTIVE_MARGIN - d, 0) ** 2

    terms: dict[str, Callable[..., Any]] = {
        "mse": lambda pred, target: jnp.square(pred - target),
        "mae": lambda pred, target: jnp.abs(pred - target),
        "huber": huber,
        "bce": binary,
        "focal": focal,
        "ce": cross_entropy,
        "triplet": triplet,
        "contrastive": contrastive,
    }

    def mean(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arrays: jnp.mean(function(*arrays))

    return {family: mean(function) for family, function in terms.items()}
