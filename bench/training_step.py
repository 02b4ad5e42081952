"""Whole training steps in PyTorch, with fastloss's loss and with PyTorch's own, all else equal.

`python -m bench.training_step`. One model is a small network for the digits of scikit-learn, the
other a small transformer with a vocabulary of 32000 words. Both contenders train copies of one
model on the same batch by turns, in one process; beside the whole step stands the loss alone,
forward and backward, on the logits of that model.
"""

import argparse
import copy
import importlib
import re
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench import machine
from bench.measure import Timing, by_turns, calls

VOCABULARY = 32_000
WIDTH = 256
OURS, THEIRS = "fastloss", "PyTorch"


@dataclass(frozen=True)
class Task:
    """A model, its batch, and a loss that both contenders have."""

    title: str
    model: Any
    inputs: Any
    target: Any
    loss: str


def network(torch: Any, datasets: Any) -> Task:
    data, labels = datasets.load_digits(return_X_y=True)
    nn = torch.nn
    model = nn.Sequential(
        nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)
    )
    x = torch.tensor(data[:256] / 16, dtype=torch.float32)
    return Task(
        "MLP 64-256-256-10, batch 256", model, x, torch.tensor(labels[:256]), "cross_entropy"
    )


def regression(torch: Any, datasets: Any) -> Task:
    data, target = datasets.load_diabetes(return_X_y=True, scaled=True)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(10, 128), nn.ReLU(), nn.Linear(128, 1), nn.Flatten(0))
    x = torch.tensor(data * 20, dtype=torch.float32)
    y = torch.tensor((target - 152) / 77, dtype=torch.float32)
    return Task("MLP 10-128-1, batch 442", model, x, y, "huber_loss")


def language(torch: Any, datasets: Any) -> Task:
    """A causal transformer of two layers over the words of scikit-learn's data set descriptions."""
    text = " ".join(
        getattr(datasets, f"load_{name}")().DESCR
        for name in ("iris", "digits", "wine", "breast_cancer", "diabetes", "linnerud")
    )
    words = [zlib.crc32(word.encode()) % VOCABULARY for word in re.findall(r"\w+|\S", text)]
    tokens = torch.tensor(words[: 8 * 65]).reshape(8, 65)
    nn = torch.nn

    class Transformer(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(VOCABULARY, WIDTH)
            layer = nn.TransformerEncoderLayer(WIDTH, 4, 512, dropout=0.0, batch_first=True)
            self.layers = nn.TransformerEncoder(layer, 2)
            self.head = nn.Linear(WIDTH, VOCABULARY)
            self.mask = nn.Transformer.generate_square_subsequent_mask(64)

        def forward(self, x: Any) -> Any:
            hidden = self.layers(self.embedding(x), mask=self.mask, is_causal=True)
            return self.head(hidden).flatten(0, 1)

    return Task(
        f"transformer, 512 tokens, vocabulary {VOCABULARY}",
        Transformer(),
        tokens[:, :-1],
        tokens[:, 1:].flatten(),
        "cross_entropy",
    )


def steps(torch: Any, task: Task, loss: Callable[..., Any]) -> tuple[Callable[[], Any], Any]:
    """A training step on a copy of the model, and that copy."""
    model = copy.deepcopy(task.model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def step() -> Any:
        optimizer.zero_grad()
        value = loss(model(task.inputs), task.target)
        value.backward()
        optimizer.step()
        return value

    return step, model


def alone(torch: Any, task: Task, loss: Callable[..., Any]) -> Callable[[], Any]:
    """Forward and backward of the loss, on logits that are no leaf, as in the model."""
    with torch.no_grad():
        logits = task.model(task.inputs)
    leaf = logits.requires_grad_()

    def call() -> Any:
        return torch.autograd.grad(loss(leaf.view_as(leaf), task.target), leaf)

    return call


def measure(torch: Any, functional: Any, task: Task, seconds: float) -> dict[str, Timing]:
    losses = {OURS: getattr(functional, task.loss)}
    losses[THEIRS] = getattr(torch.nn.functional, task.loss)
    contenders, models, values = {}, {}, {}
    for name, loss in losses.items():
        step, models[name] = steps(torch, task, loss)
        values[name] = step().item()
        contenders[f"{name}, step"] = calls(step)
        contenders[f"{name}, loss"] = calls(alone(torch, task, loss))
    if abs(values[OURS] - values[THEIRS]) > 1e-5 * abs(values[THEIRS]):
        sys.exit(f"training_step: {task.title}: the losses differ: {values}")
    for ours, theirs in zip(models[OURS].parameters(), models[THEIRS].parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    return by_turns(contenders, seconds, rounds=12)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.training_step", description=__doc__)
    parser.add_argument("--threads", type=int, default=machine.cpus(), help="default: all CPUs")
    parser.add_argument("--only", default="", metavar="WORD", help="models with this in the title")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each model")
    options = parser.parse_args()
    machine.confine(options.threads)
    try:
        torch = importlib.import_module("torch")
        datasets = importlib.import_module("sklearn.datasets")
        functional = importlib.import_module("fastloss.torch").functional
    except ImportError as error:
        sys.exit(f"training_step: {error}")
    importlib.import_module("fastloss").set_num_threads(options.threads)
    torch.set_num_threads(options.threads)
    print(f"PyTorch {torch.__version__}, {options.threads} threads, float32; best / median ms\n")
    print(f"{'':52}{OURS:>19}{THEIRS:>19}{'PyTorch/ours':>14}")
    for make in (regression, network, language):
        torch.manual_seed(0)
        task = make(torch, datasets)
        if options.only not in task.title:
            continue
        timings = measure(torch, functional, task, options.seconds)
        for part in ("loss", "step"):
            ours, theirs = (timings[f"{name}, {part}"] for name in (OURS, THEIRS))
            cells = "".join(f"{t.best * 1e3:10.3f} /{t.median * 1e3:7.3f}" for t in (ours, theirs))
            title = f"{task.title}: {part}" if part == "loss" else "  the whole step"
            print(f"{title:52}{cells}{theirs.best / ours.best:14.2f}")


if __name__ == "__main__":
    main()
