"""Losses of embeddings: vectors lie along the last axis, a term belongs to a pair or a triplet."""

from __future__ import annotations

from ._base import Parameter
from ._forms import PairLoss, TripleLoss

__all__ = ["Contrastive", "CosineEmbedding", "Triplet"]


class Contrastive(PairLoss):
    """Contrastive loss: draws similar pairs together and pushes others ``margin`` apart.

    ::

        r      = a - b,  d = sqrt(sum_i r_i^2),  y = target
        loss   = y d^2 + (1 - y) max(0, margin - d)^2
        grad_a = (2 y - 2 (1 - y) max(0, margin - d) / d) r,  grad_b = -grad_a
        hess_a = 2 y + 2 (1 - y) [d < margin] (1 - margin / d + margin r_i^2 / d^3) = hess_b

    ``a`` and ``b`` have one shape ``(..., D)``, ``target`` and the loss terms have shape ``(...)``.
    A target is 1 for a similar pair and 0 for a dissimilar one; between them the loss is linear.

    Parameters
    ----------
    margin : float, default 1.0
        The distance from which dissimilar pairs cost nothing; >= 0 and finite.

    Raises
    ------
    ParameterError
        When ``margin`` is not in its range.
    DomainError
        When a target lies outside [0, 1].
    ShapeError, DTypeError
        By the calls, as `PairLoss` describes.

    See Also
    --------
    Triplet : Compares two distances instead of holding each to a fixed one.

    Notes
    -----
    The loss is not convex where y < 1. ``curvature="positive"`` is the Gauss-Newton form ``2 y +
    2 (1 - y) (r_i / d)^2`` for d < margin. At d = 0 the derivatives of the distance are taken as
    0, so that two equal vectors never give NaN.

    Other libraries. TensorFlow Addons' ``contrastive_loss`` is the same function of a distance. The
    paper has y = 1 for *dissimilar* pairs and a factor 1/2. sentence-transformers also has the 1/2,
    on cosine distances with margin 0.5. pytorch-metric-learning does not square the two parts and
    averages over the non-zero terms. PyTorch's ``HingeEmbeddingLoss`` takes a distance and targets
    1 and -1, and does not square.

    References
    ----------
    R. Hadsell, S. Chopra, Y. LeCun, "Dimensionality reduction by learning an invariant mapping",
    CVPR 2006.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.Contrastive(margin=1.0)
    >>> a = [[0.0, 0.0], [0.0, 0.0]]
    >>> b = [[3.0, 4.0], [0.5, 0.0]]
    >>> loss(a, b, [1, 0], reduction="none")
    array([25.  ,  0.25])
    >>> grad_a, grad_b = loss.grad(a, b, [1, 0], reduction="sum")
    >>> grad_b
    array([[ 6.,  8.],
           [-1.,  0.]])
    """

    __slots__ = ()
    name = "contrastive"
    margin = Parameter[float]()

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__(margin=margin)


class CosineEmbedding(PairLoss):
    """Cosine embedding loss: pairs that belong together should point the same way, others apart.

    ::

        cos      = a . b / (|a| |b|)
        loss     = 1 - cos where target is 1;  max(0, cos - margin) where it is -1
        gradient = by a: -(b / |b| - cos a / |a|) / |a| where target is 1, its negative where it is
                   -1 and cos > margin, else 0; by b likewise

    ``a`` and ``b`` have one shape, ``(..., D)``, ``target`` has the shape ``(...)``; every pair is
    a loss term.

    Parameters
    ----------
    margin : float, default 0.0
        The cosine up to which a pair that does not belong together costs nothing; in [-1, 1].

    Raises
    ------
    ShapeError, DTypeError, DomainError, ParameterError
        By the calls, as `PairLoss` describes; a target other than 1 and -1 is a `DomainError`.

    See Also
    --------
    Contrastive : The same of distances.

    Notes
    -----
    A vector of zeros has cosine 0 with every other, and gradient 0 on both sides; at
    ``cos == margin`` the gradient is 0. The loss is not convex; ``curvature="positive"`` is the
    exact Hessian where that is positive, else 0. Infinite entries have no direction: NaN.

    Other libraries. PyTorch's ``CosineEmbeddingLoss`` adds 1e-12 to the squared lengths; Keras'
    ``CosineSimilarity`` is ``-cos``, without targets. For PyTorch a target
    other than 1 and -1 costs nothing.

    References
    ----------
    S. Chopra, R. Hadsell, Y. LeCun, "Learning a Similarity Metric Discriminatively, with
    Application to Face Verification", 2005.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.CosineEmbedding()
    >>> a, b = [[1.0, 0.0], [1.0, 0.0]], [[0.0, 2.0], [3.0, 0.0]]
    >>> loss(a, b, [1, -1], reduction="none")
    array([1., 1.])
    >>> loss.grad(a, b, [1, -1], reduction="sum")[0]
    array([[ 0., -1.],
           [ 0.,  0.]])
    """

    __slots__ = ()
    name = "cosine_embedding"
    margin = Parameter[float]()

    def __init__(self, margin: float = 0.0) -> None:
        super().__init__(margin=margin)


class Triplet(TripleLoss):
    """Triplet loss: the positive shall be nearer to the anchor than the negative by ``margin``.

    ::

        d(x, y) = (sum_i |x_i - y_i|^p)^(1/p), or its square with squared=True
        loss    = max(0, d(anchor, positive) - d(anchor, negative) + margin)

        where the loss is positive, with g and h the derivatives of d by its first argument:
            grad_anchor   = g(anchor, positive) - g(anchor, negative)
            grad_positive = -g(anchor, positive)
            grad_negative = g(anchor, negative)
        and the Hessian diagonals are those with h, signs +-, +, -

    ``anchor``, ``positive`` and ``negative`` have one shape ``(..., D)``, the loss terms ``(...)``.

    Parameters
    ----------
    margin : float, default 1.0
        How much nearer the positive shall be; >= 0 and finite.
    p : float, default 2.0
        The norm of the distance, >= 1; ``float("inf")`` takes the largest difference.
    squared : bool, default False
        Whether to compare squared distances.
    swap : bool, default False
        Whether to use d(positive, negative) where it is smaller than d(anchor, negative).

    Raises
    ------
    ParameterError
        When a parameter is not in its range.
    ShapeError, DTypeError, DomainError
        By the calls, as `TripleLoss` describes.

    See Also
    --------
    Contrastive : Holds each distance to a fixed one instead of comparing two.

    Notes
    -----
    The loss is not convex. ``curvature="positive"`` is ``max(Hessian, 0)``, element by element.
    Where the loss is 0, at its corner included, all derivatives are 0; a distance 0 contributes 0.
    With p = inf tied differences share the derivative equally, and so do tied distances under
    ``swap``.

    Other libraries. PyTorch's ``TripletMarginLoss`` adds 1e-6 to every difference before the
    norm, so that equal vectors are not at distance 0, and refuses margin 0. optax takes powers
    without the absolute value, wrong for odd p. MXNet compares squared distances
    (``squared=True``). pytorch-metric-learning normalises the vectors, takes margin 0.05 and
    averages over the non-zero terms; sentence-transformers takes margin 5. TensorFlow Addons
    mines triplets from a batch.

    References
    ----------
    K. Q. Weinberger, L. K. Saul, "Distance metric learning for large margin nearest neighbor
    classification", JMLR 10, 2009. F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet", CVPR 2015.
    V. Balntas et al., "Learning local feature descriptors with triplets", BMVC 2016 (swap).

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.Triplet(margin=1.0)
    >>> anchor, positive, negative = [[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]]
    >>> loss(anchor, positive, negative)
    4.0
    >>> for gradient in loss.grad(anchor, positive, negative):
    ...     print(gradient)
    [[-0.6  0.2]]
    [[0.6 0.8]]
    [[ 0. -1.]]
    """

    __slots__ = ()
    name = "triplet"
    margin = Parameter[float]()
    p = Parameter[float]()
    squared = Parameter[bool]()
    swap = Parameter[bool]()

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, squared: bool = False, swap: bool = False
    ) -> None:
        super().__init__(margin=margin, p=p, squared=squared, swap=swap)
