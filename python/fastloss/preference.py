"""Losses of preferences: log-probabilities of answers, beside those of a reference model."""

from __future__ import annotations

from ._base import Parameter
from ._forms import PreferencePairLoss

__all__ = ["DPO"]


class DPO(PreferencePairLoss):
    """Direct preference optimization: a logistic loss of how much more than its reference a model
    prefers the chosen answer to the rejected one.

    ::

        h        = beta ((chosen - rejected) - (ref_chosen - ref_rejected))
        loss     = -(1 - ls) log sigmoid(h) - ls log sigmoid(-h)
        gradient = beta (sigmoid(h) - (1 - ls)) by chosen and ref_rejected, minus that by the others
        Hessian  = beta^2 sigmoid(h) sigmoid(-h), by each input

    All four are log-probabilities of whole answers, summed over their tokens, of one shape; every
    element is a loss term. They are real and may be infinite.

    Parameters
    ----------
    beta : float, default 0.1
        How strongly the model is held to its reference; > 0.
    label_smoothing : float, default 0.0
        ``ls``, the share of pairs whose preference is taken to be wrong; in [0, 1].

    Raises
    ------
    ShapeError, DTypeError, DomainError, ParameterError
        By the calls, as `PreferencePairLoss` describes.

    See Also
    --------
    BinaryCrossEntropy : The same of one logit.

    Notes
    -----
    The loss is convex; ``curvature="positive"`` is the exact Hessian. ``h`` is formed with the
    digits that its subtractions would round away.

    Other libraries. TRL's ``DPOTrainer`` with ``loss_type="sigmoid"``, torchtune and OpenRLHF
    compute the same; their label smoothing is the "conservative" DPO, as here. In a training loop
    the gradients by the reference's log-probabilities are not used.

    References
    ----------
    R. Rafailov et al., "Direct Preference Optimization: Your Language Model is Secretly a Reward
    Model", 2023.
    E. Mitchell, "A note on DPO with noisy preferences and relationship to IPO", 2023.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.DPO(beta=0.5)
    >>> round(loss([-10.0], [-14.0], [-11.0], [-13.0]), 4)
    0.3133
    >>> loss.grad([-10.0], [-14.0], [-11.0], [-13.0])[0].round(4)
    array([-0.1345])
    """

    __slots__ = ()
    name = "dpo"
    beta = Parameter[float]()
    label_smoothing = Parameter[float]()

    def __init__(self, beta: float = 0.1, label_smoothing: float = 0.0) -> None:
        super().__init__(beta=beta, label_smoothing=label_smoothing)
