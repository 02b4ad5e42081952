"""How far the shares of classes and their probabilities are from each other."""

from __future__ import annotations

from .._base import Parameter
from .._forms import PredictionLoss

__all__ = ["KLDivergence"]


class KLDivergence(PredictionLoss):
    """Kullback-Leibler divergence of predicted probabilities from a target of C classes.

    ::

        t = target,  T = temperature
        forward:   loss = T^2 sum_k t_k (log t_k - log p_k)
        reverse:   loss = T^2 sum_k p_k (log p_k - log t_k)           0 log 0 = 0

        on logits, p = softmax(pred / T), S = sum_k t_k, d_k = log p_k - log t_k:
            forward:   gradient_k = T (S p_k - t_k)
                       Hessian_k  = S p_k (1 - p_k)
            reverse:   gradient_k = T p_k (d_k - sum_j p_j d_j)
                       Hessian_k  = p_k ((1 - 2 p_k) (d_k - sum_j p_j d_j) + 1 - p_k)
        on probabilities, p = pred:
            forward:   gradient_k = -T^2 t_k / p_k,      Hessian_k = T^2 t_k / p_k^2
            reverse:   gradient_k = T^2 (d_k + 1),       Hessian_k = T^2 / p_k

    ``pred`` and ``target`` have one shape, with the C classes along ``axis``; the loss terms have
    that shape without ``axis``. ``target`` holds probabilities, in [0, 1]; neither they nor
    probabilities of ``pred`` are divided by their sum, and the formulas are taken as they stand.
    A logit of -inf is probability 0.

    Parameters
    ----------
    from_logits : bool, default True
        Whether ``pred`` holds logits. Probabilities lie in [0, 1] and are those of the temperature.
    temperature : float, default 1.0
        Divides the logits; > 0. The loss is multiplied by its square, so that gradients keep their
        size, as in distillation. ``target`` is what it is: a teacher's logits z are given
        as ``softmax(z / temperature)``.
    reverse : bool, default False
        Whether p comes first: the divergence of the target from the prediction, which seeks one
        mode of the target where the other covers them all.
    axis : int, default -1
        Where the classes lie.

    Raises
    ------
    ParameterError
        When a parameter is not in its range.
    DomainError
        When a target or a probability lies outside [0, 1].
    ShapeError, DTypeError
        By the calls, as `PredictionLoss` describes.

    See Also
    --------
    CategoricalCrossEntropy : The forward divergence plus the entropy of the target.

    Notes
    -----
    Of logits the forward loss is convex and the reverse one is not; on probabilities both are.
    ``curvature="positive"`` is ``max(Hessian, 0)``, element by element, which is the exact Hessian
    diagonal where the loss is convex. Shares that sum to less than 1 can make the loss negative,
    and so can rounding where p and t agree: what logarithms leave of each other is right
    relative to the entropies that are subtracted, not to the difference.

    A forward loss is infinite where p_k = 0 < t_k; on logits its gradient stays finite. The reverse
    one is infinite where t_k = 0 < p_k, and its derivatives are so in the direction that takes
    probability away from such classes. A class of p_k = t_k = 0 adds nothing.

    Other libraries. PyTorch's ``KLDivLoss`` and optax's ``kl_divergence`` take log-probabilities
    element by element, which is `RelativeEntropy` here; normalised ones are logits and can be given
    as such to this class, whose mean over rows is PyTorch's ``reduction="batchmean"``. Keras'
    ``KLDivergence`` takes probabilities and clips both at 1e-7. SciPy's ``rel_entr`` is a class's
    part of the forward loss on probabilities, and its ``kl_div`` adds ``p_k - t_k`` to that. For
    distillation, others leave the factor ``temperature**2`` to the caller.

    References
    ----------
    S. Kullback, R. A. Leibler, "On information and sufficiency", 1951. Temperature: G. Hinton,
    O. Vinyals, J. Dean, "Distilling the knowledge in a neural network", 2015.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.KLDivergence()
    >>> teacher = [0.5, 0.25, 0.25]
    >>> round(loss([0.0, 0.0, 0.0], teacher), 4)
    0.0589
    >>> fl.KLDivergence(temperature=2.0).grad([1.0, 1.0, 1.0, 1.0], [0.5, 0.25, 0.25, 0.0])
    array([-0.5,  0. ,  0. ,  0.5])
    >>> fl.KLDivergence(from_logits=False, reverse=True)([0.5, 0.5, 0.0], [0.5, 0.5, 0.0])
    0.0
    """

    __slots__ = ()
    name = "kl_divergence"
    from_logits = Parameter[bool]()
    temperature = Parameter[float]()
    reverse = Parameter[bool]()
    axis = Parameter[int]()

    def __init__(
        self,
        from_logits: bool = True,
        temperature: float = 1.0,
        reverse: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            from_logits=from_logits, temperature=temperature, reverse=reverse, axis=axis
        )
