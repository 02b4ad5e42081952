"""The speed to reach, in one table."""

TARGETS: dict[str, str] = {
    "P1": "memory-bound losses, value and gradient: triad / ours >= 0.85",
    "P2": "value alone: read limit / ours >= 0.85",
    "P3": "BCE from logits: <= 2.5 x triad; gradient and Hessian <= 3.2 x triad",
    "P4": "softmax cross-entropy: <= 1.7 x triad of as many elements",
    "P5": "against the fastest peer in everyday use, and against the fastest tuned form: >= 5 x on "
    "BCE, focal and softmax, >= 1.1 x on MSE, MAE, Huber",
    "P6": "triplet and contrastive, all gradients: >= 8 x PyTorch",
    "P7": "one call at n = 100: <= 2 x np.subtract with out=, <= 3 x without",
    "P8": "two threads / one thread, compute-bound losses at 2^22 elements: >= 1.8",
    "P9": "cost per element without cliffs: layouts <= 1.5 x, weights <= 1.15 x, dtypes, values "
    "and tails <= 1.5 x, and no step above 1.5 x from one size to the next within a cache level",
    "P10": "peak extra memory: under 1 MiB per thread (one row of scratch for long softmax rows)",
    "P11": "wheel below 4 MiB; import adds <= 20 ms; a full build <= 5 minutes",
}
CLIFF = 1.5
KIND_LIMITS = {"layout": 1.5, "weights": 1.15, "dtype": CLIFF, "values": CLIFF, "tail": CLIFF}
