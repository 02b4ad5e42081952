"""Formulas of the losses of embeddings: a vector is a list of its entries."""


def cosine(x, a, b):
    dot = sum(s * t for s, t in zip(a, b, strict=True))
    lengths = x.sqrt(sum(s * s for s in a)) * x.sqrt(sum(t * t for t in b))
    return x.where(lengths > 0, dot / lengths, 0)  # a vector of zeros has no direction


def cosine_embedding(x, a, b, target, *, margin):
    cos = cosine(x, a, b)
    dot = sum(s * t for s, t in zip(a, b, strict=True))
    excess = dot**2 - margin**2 * sum(s * s for s in a) * sum(t * t for t in b)
    tie = (excess >= 0) & (excess <= 0) & (dot * margin >= 0)  # no root is rounded here
    apart = x.where(tie, 0, x.maximum(cos - margin, 0))
    return [x.where(target > 0, 1, 0), x.where(target > 0, -cos, apart)]
