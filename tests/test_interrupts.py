"""Ctrl-C: answered within half a second, wherever the work is."""

import sys

import pytest

from tests.test_processes import run, succeed

pytestmark = pytest.mark.alone

# A call of many seconds on zero-stride views; the main thread gets SIGINT after a moment.
INTERRUPT = """
import os, signal, threading, time, numpy as np, fastloss as fl
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore it
x = np.broadcast_to(np.linspace(0.1, 0.9, 1000, dtype="f"), ({n}, 1000))
inputs = {inputs}
loss = {loss}
sent = []
def press():
    time.sleep(0.5)
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=press).start()
try:
    loss(*inputs, n_threads={threads})
except KeyboardInterrupt:
    late = time.monotonic() - sent[0]
    assert late < 0.5, f"answered after {{late:.2f}} s"
    small = [z[:3] for z in inputs]
    assert np.isfinite(loss(*small))  # the next call works
else:
    raise SystemExit("the call was over before the interrupt" if not sent else "not interrupted")
"""
LONG_CALLS = {
    "mean_squared_error": ("(x, x[::-1])", "fl.MeanSquaredError()", 10**8),
    "binary_focal": ("(x, x)", "fl.BinaryFocal(gamma=3.7, from_logits=True)", 10**7),
    "sparse_categorical_cross_entropy": (
        "(x, np.broadcast_to(np.array(3), len(x)))",
        "fl.SparseCategoricalCrossEntropy(from_logits=True)",
        10**8,
    ),
    "contrastive": ("(x, x, x[:, 0])", "fl.Contrastive()", 10**8),
    "triplet": ("(x, x + 0 * x[:1], x)", "fl.Triplet()", 10**8),
}


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT by os.kill")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", LONG_CALLS)
def test_interrupt(name, threads):
    inputs, loss, n = LONG_CALLS[name]
    inputs = inputs.replace("x + 0 * x[:1]", "x[::-1]")
    code = INTERRUPT.format(inputs=inputs, loss=loss, n=n, threads=threads)
    # The call would take minutes; the answer within half a second ends it.
    done = run(code, timeout=60)
    assert done.returncode == 0, done.stderr


UNEVEN = """
import os, signal, threading, time, numpy as np, fastloss as fl
signal.signal(signal.SIGINT, signal.default_int_handler)
x = np.broadcast_to(np.linspace(-3, 3, 1000, dtype="f"), (8_000_000, 1000))
labels = np.full(len(x), 3)
labels[: len(x) // 2] = -1  # the share of the calling thread is nothing
loss = fl.SparseCategoricalFocal(gamma=1.5, from_logits=True, ignore_index=-1, label_smoothing=0.1)
sent = []
def press():
    time.sleep(3.0)
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=press).start()
try:
    loss(x, labels, n_threads=2)
except KeyboardInterrupt:
    late = time.monotonic() - sent[0]
    assert late < 0.5, f"answered after {late:.2f} s"
else:
    raise SystemExit("the call was over before the interrupt")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT by os.kill")
def test_interrupt_when_the_calling_thread_has_nothing_left_to_do():
    succeed(UNEVEN)
