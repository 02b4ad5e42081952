"""What one training run hands to the report and to the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .training import History


@dataclass(frozen=True)
class Result:
    """A finished run, with the names of its quantities."""

    title: str
    loss_label: str
    score_label: str
    unit: str
    history: History

    def report(self, test_loss: float, test_score: float) -> None:
        """Print the best epoch, the test set, and what schedule and clipping did."""
        history, best = self.history, self.history.best
        validation = f"{self.score_label} {history.score[best]:.1f} {self.unit}"
        test = f"{self.score_label} {test_score:.1f} {self.unit}"
        end = "stopped early" if history.stopped_early else "ran to the end"
        print(f"  {end} after {len(history.train)} epochs; weights of epoch {best + 1} restored")
        print(f"  training    loss {history.train[best]:.4f}")
        print(f"  validation  loss {history.validation[best]:.4f}   {validation}")
        print(f"  test        loss {test_loss:.4f}   {test}")
        clipped = 100 * history.clipped / history.steps
        print(f"  learning rate up to {max(history.rate):.4f}, {clipped:.0f} % of steps clipped")
