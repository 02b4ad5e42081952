"""The same bits everywhere: hashes of a fixed battery of calls.

    python -m tests.bits            print the hashes of this build
    python -m tests.bits --check    compare them with tests/data/bits.json; exit 1 on a difference
    python -m tests.bits --write    record them

The inputs come from integers alone, so that no mathematical library of the machine has a say.
Set FASTLOSS_ISA to choose the tier. Runs with NumPy and the standard library alone.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys

import numpy as np
from fastloss import _core

from tests import cases
from tests.outcomes import digest, everything

RECORD = pathlib.Path(__file__).parent / "data" / "bits.json"
# Terms per call, and the classes or features of each: short, odd, several blocks. The last ones are
# for every loss in its plain forms alone: many terms, and a long row.
SHAPES = {
    "pointwise": ((1, 1), (37, 1), (2049, 1), (3, 5), (20011, 1)),
    "rows": ((1, 5), (5, 1), (37, 5), (130, 17), (3, 1000), (2, 30001)),
    "pairs": ((1, 5), (5, 1), (37, 5), (130, 17), (3, 1000), (2, 9001)),
}


def words(n, seed):
    """Return n pseudo-random 32-bit numbers: the high half of a 64-bit congruential generator."""
    multiplier, increment = 6364136223846793005, 1442695040888963407
    powers = np.empty(n, np.uint64)
    with np.errstate(over="ignore"):
        powers[:] = multiplier
        np.multiply.accumulate(powers, out=powers)
        offsets = np.concatenate([[np.uint64(1)], powers[:-1]]).cumsum(dtype=np.uint64)
        state = powers * np.uint64(seed) + offsets * np.uint64(increment)
    return (state >> np.uint64(32)).astype(np.uint32)


def numbers(n, seed, bits=24):
    """Return multiples of 2^-bits in [0, 1), exact in float32."""
    return (words(n, seed) >> np.uint32(32 - bits)).astype(np.float64) * 2.0**-bits


def wide(n, seed):
    """Return numbers of many sizes: +-[1, 2) times a power of two from 2^-12 to 2^5."""
    fraction, shape = numbers(n, seed, 20), words(n, seed + 1)
    exponent = (shape % np.uint32(18)).astype(np.int32) - 12
    sign = 1.0 - 2.0 * ((shape >> np.uint32(20)) & np.uint32(1)).astype(np.float64)
    return np.ldexp(sign * (1.0 + fraction), exponent)


def battery_inputs(case, lead, classes, dtype, seed=1):
    """Return the inputs of one call."""
    row = case.row
    logits = case.option("from_logits") or row["pred_domain"] == "real"
    n, width = lead, (1 if row["room"] == "pointwise" else classes)
    shape = (n, classes) if row["room"] != "pointwise" or classes > 1 else (n,)
    count = int(np.prod(shape))
    if row["room"] == "pairs":
        inputs = [
            wide(count, seed + 7 * k).reshape(shape) / 8 for k in range(row["differentiable"])
        ]
        if row["differentiable"] < len(row["inputs"]):
            two = " or " in row["target_domain"]
            inputs.append(
                drawn(row["target_domain"], (n,), seed + 5) if two else numbers(n, seed + 5, 2)
            )
        return [x.astype(dtype) for x in inputs]
    plain = row["inputs"] == ["pred", "target"] and row["terms"] == row["arguments"][0]["shape"]
    open_ended = " or " in row["target_domain"] or "finite" in row["target_domain"]
    if row["room"] == "pointwise" and not (plain and not open_ended):
        inputs = [
            drawn(cases.domain_for(case, x), cases.shape_for(x, shape, classes), seed + 7 * k)
            for k, x in enumerate(row["arguments"])
        ]
        return cases.put_in_order(row, [x.astype(dtype) for x in inputs])
    pred = (wide if logits else numbers)(count, seed).reshape(shape)
    if row["labels"]:
        return [pred.astype(dtype), (words(n, seed + 3) % np.uint32(width)).astype(np.int64)]
    target = numbers(count, seed + 4, 3).reshape(shape)
    return [pred.astype(dtype), target.astype(dtype)]


def drawn(domain, shape, seed):
    """Return numbers of a domain, as its words say."""
    count = int(np.prod(shape))
    low, high = cases.domain_of(domain)
    if " or " in domain:
        x = np.where(words(count, seed) % np.uint32(2), high, low)
    elif np.isfinite(low):
        x = low + numbers(count, seed) * (high - low if np.isfinite(high) else 3) + 2.0**-9
        x = np.minimum(x, high)
        if domain.startswith("> "):  # infinity too
            x[words(count, seed + 2) % np.uint32(5) == 0] = np.inf
    else:
        x = wide(count, seed) / 8
    return x.reshape(shape)


def battery_shapes(case, plain):
    """Return the shapes for a case; vectors among its parameters fix the number of classes."""
    shapes = SHAPES[case.row["room"]]
    if any(isinstance(v, tuple) for v in case.loss.params.values()):
        return [shape for shape in shapes if shape[1] == cases.CLASSES]
    return shapes if plain else shapes[:-2]


def hashes():
    """Return one hash per case and dtype over all shapes, methods and reductions."""
    found = {}
    plain = {str(case) for case in cases.plain_cases()}
    every = [c for name in cases.ROWS for c in cases.of(name, cases.variants(name, 4))]
    for case in every:
        if case.option("axis", -1) != -1:
            continue
        for dtype in ("float32", "float64"):
            parts = {}
            for lead, classes in battery_shapes(case, str(case) in plain):
                inputs = battery_inputs(case, lead, classes, dtype)
                flat = classes == 1 or case.row["room"] != "pointwise"
                weight = numbers(lead, 9, 4) if flat else None
                outcome = everything(case.loss, inputs, sample_weight=weight)
                parts.update({f"{lead}x{classes}/{key}": x for key, x in outcome.items()})
            found[f"{case} {dtype}"] = digest(parts)
    return found


def difference(found, wanted):
    """Return the names whose hashes differ or are missing on one side."""
    return sorted(k for k in found.keys() | wanted.keys() if found.get(k) != wanted.get(k))


def main():
    parser = argparse.ArgumentParser(
        prog="python -m tests.bits", description=__doc__.split("\n")[0]
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="compare with the record")
    group.add_argument("--write", action="store_true", help="record the hashes")
    given = parser.parse_args()
    found = hashes()
    if given.write:
        RECORD.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n")
    elif given.check:
        different = difference(found, json.loads(RECORD.read_text()))
        print(f"tier {_core.config()['isa']}: {len(found)} hashes, {len(different)} differ")
        print("\n".join(different))
        return 1 if different else 0
    else:
        print(json.dumps(found, indent=0, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
