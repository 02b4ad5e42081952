"""Do two libraries compute the same thing? Asked of every contender before it is timed."""

from dataclasses import dataclass

import numpy as np

from bench.workloads import Array

# float32 work: libraries differ in their exp and in the order and precision of their sums.
VALUE_TOLERANCE = 1e-4  # of the value
LARGEST_TOLERANCE = 1e-4  # largest difference, of the largest entry
TOTAL_TOLERANCE = 1e-3  # sum of the differences, of the sum of the entries


@dataclass(frozen=True)
class Answer:
    """The mean loss (None where it was not asked for) and the arrays, in float32."""

    value: float | None
    arrays: tuple[Array, ...] = ()


def difference(ours: Answer, theirs: Answer) -> str:
    """Empty where the two agree, else what differs."""
    if ours.value is not None and theirs.value is not None:
        gap = abs(ours.value - theirs.value)
        if not gap <= VALUE_TOLERANCE * abs(ours.value):
            return f"value {theirs.value!r}, ours {ours.value!r}"
    if len(ours.arrays) != len(theirs.arrays):
        return f"{len(theirs.arrays)} arrays, ours {len(ours.arrays)}"
    for k, (mine, other) in enumerate(zip(ours.arrays, theirs.arrays, strict=True)):
        if mine.shape != other.shape:
            return f"array {k} has shape {other.shape}, ours {mine.shape}"
        gaps, sizes = np.abs(np.subtract(mine, other)), np.abs(mine)
        if not gaps.max() <= LARGEST_TOLERANCE * sizes.max():
            return f"array {k} differs by up to {gaps.max():.3g} of {sizes.max():.3g}"
        total_gap, total_size = gaps.sum(dtype=np.float64), sizes.sum(dtype=np.float64)
        if not total_gap <= TOTAL_TOLERANCE * total_size:
            return f"array {k} differs in total by {total_gap:.3g} of {total_size:.3g}"
    return ""
