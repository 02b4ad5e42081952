"""The picture of both runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl  # type: ignore[import,unused-ignore]
from matplotlib.figure import Figure  # type: ignore[import,unused-ignore]

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes  # type: ignore[import,unused-ignore]

    from .result import Result

TRAIN, VALIDATION, QUIET = "#1f77b4", "#d95f02", "#888888"


def draw(results: tuple[Result, ...], target: Path) -> None:
    """Write one column per run: loss, score and learning rate over the epochs."""
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(11, 8), layout="constrained")  # no window, no global state
        axes = figure.subplots(
            3, len(results), sharex="col", height_ratios=(3, 2, 1), squeeze=False
        )
        for column, result in zip(axes.T, results, strict=True):
            _draw_column(column, result)
        figure.suptitle("fastloss gives loss and gradient; NumPy does the rest", fontsize=13)
        figure.savefig(target, dpi=150)


def _draw_column(column: list[Axes], result: Result) -> None:
    loss, score, rate = column
    history, best = result.history, result.history.best
    epochs = range(1, len(history.train) + 1)
    loss.set_title(result.title, fontweight="bold")
    loss.plot(epochs, history.train, color=TRAIN, label="training")
    loss.plot(epochs, history.validation, color=VALIDATION, label="validation")
    loss.set(ylabel=result.loss_label)
    if max(history.train) > 10 * min(history.train):
        loss.set_yscale("log")
        loss.yaxis.set_major_formatter("{x:g}")
    loss.plot(best + 1, history.validation[best], "o", color=VALIDATION, label="kept weights")
    loss.legend(frameon=False)
    score.plot(epochs, history.score, color=VALIDATION)
    score.plot(best + 1, history.score[best], "o", color=VALIDATION)
    score.set(ylabel=f"{result.score_label}, {result.unit}")
    middle = sum(score.get_ylim()) / 2
    score.annotate(
        f" {history.score[best]:.1f} {result.unit}",
        (best + 1, middle),
        va="center",
        color=VALIDATION,
    )
    rate.plot(epochs, history.rate, color=QUIET)
    rate.set(ylabel="learning rate", xlabel="epoch", ylim=(0, None))
    for axes in column:
        axes.axvline(best + 1, color=QUIET, linewidth=0.8, linestyle=":")
        axes.grid(axis="y", alpha=0.25)
