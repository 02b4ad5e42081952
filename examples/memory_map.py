"""The loss of a memory-mapped file, a chunk at a time, with a progress bar and little memory."""

import argparse
import tempfile
from pathlib import Path

import fastloss as fl
import numpy as np
from tqdm import tqdm


def loss_of_files(loss, pred, target, chunk, quiet=False):
    """Return the mean loss of two arrays, of which no more than `chunk` elements are read at once.

    The bits are those of one call where `chunk` is a multiple of 2048.
    """
    stream = loss.stream()
    with tqdm(total=pred.size, unit="terms", unit_scale=True, disable=quiet) as bar:
        for start in range(0, pred.size, chunk):
            part = slice(start, start + chunk)
            stream.update(pred[part], target[part])
            bar.set_postfix(loss=f"{stream.value:.6f}", refresh=False)
            bar.update(pred[part].size)
    return stream.value


def write(path, size, chunk, make):
    """Write a float32 file of random numbers in chunks; return it mapped, read-only."""
    file = np.memmap(path, np.float32, "w+", shape=(size,))
    for start in range(0, size, chunk):
        file[start : start + chunk] = make(min(chunk, size - start))
    file.flush()
    return np.memmap(path, np.float32, "r")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=50_000_000, help="elements in each file")
    options.add_argument("--chunk", type=int, default=1 << 20, help="elements read at once")
    given = options.parse_args()
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        pred, target = (
            write(
                Path(folder) / name,
                given.size,
                given.chunk,
                lambda n: random.standard_normal(n, np.float32),
            )
            for name in ("pred", "target")
        )
        value = loss_of_files(fl.Huber(delta=1.0), pred, target, given.chunk)
        print(
            f"{2 * pred.nbytes / 1e6:.0f} MB in chunks of {8 * given.chunk / 1e6:.1f} MB: {value!r}"
        )
