"""The examples that people meet first, worked out."""

from __future__ import annotations

import fastloss as fl

CLASSES = ("cat", "dog", "bird")


def print_examples() -> None:
    """Print four small examples with their numbers."""
    _house()
    _outlier()
    _spam()
    _animal()


def _house() -> None:
    print("A house sold for 300 000, predicted 320 000")
    pred, sold = 320_000.0, 300_000.0
    for loss in (fl.MeanSquaredError(), fl.MeanAbsoluteError(), fl.Huber(delta=10_000.0)):
        value, gradient = loss.value_and_grad(pred, sold)
        print(f"  {loss!r:<22} {_grouped(value):>14}   gradient {_grouped(float(gradient)):>7}")
    print()


def _outlier() -> None:
    print("Three predictions for it: how much each error counts once squared")
    pred = [250_000.0, 295_000.0, 299_500.0]
    errors = fl.MeanSquaredError()(pred, [300_000.0] * 3, reduction="none")
    for price, error in zip(pred, errors, strict=True):
        share = f"{100 * error / errors.sum():5.2f} % of the sum"
        print(f"  {_grouped(price)}  squared error {_grouped(error):>13}   {share}")
    print()


def _spam() -> None:
    print("A spam filter says 90 % about a harmless mail")
    value, gradient = fl.BinaryCrossEntropy().value_and_grad(0.9, 0)
    print(f"  binary cross-entropy {value:.4f} = -log(1 - 0.9)   gradient {float(gradient):.4f}\n")


def _animal() -> None:
    guess = [0.6, 0.3, 0.1]
    text = ", ".join(f"{name} {p * 100:.0f} %" for name, p in zip(CLASSES, guess, strict=True))
    print(f"A picture is guessed to be: {text}")
    loss = fl.SparseCategoricalCrossEntropy()
    for label, name in enumerate(CLASSES):
        print(f"  if it is a {name:<5} cross-entropy {loss(guess, label):.4f}")
    print()


def _grouped(x: float) -> str:
    return f"{x:,.0f}".replace(",", " ")
