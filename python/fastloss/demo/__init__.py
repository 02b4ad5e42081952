"""``python -m fastloss demo``: two small models trained with fastloss, from data to picture."""

from __future__ import annotations

import time
from pathlib import Path

from .. import __version__
from . import diabetes, digits, picture, worked

__all__ = ["run"]


def run(output: str) -> int:
    """Print the worked examples, train both models, write the picture; return the exit code."""
    start = time.perf_counter()
    target = Path(output)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(target.parent)!r} for the picture")
    print(f"fastloss {__version__}\n")
    worked.print_examples()
    results = (digits.train(), diabetes.train())
    picture.draw(results, target)
    print(f"picture: {target}, after {time.perf_counter() - start:.1f} s")
    return 0
