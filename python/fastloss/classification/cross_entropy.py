"""The cross-entropies of softmax rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._base import Parameter
from .._forms import PredictionLoss

if TYPE_CHECKING:
    from .._types import ClassWeight

__all__ = ["CategoricalCrossEntropy", "SparseCategoricalCrossEntropy"]


class CategoricalCrossEntropy(PredictionLoss):
    """Cross-entropy of C classes against one-hot or probability targets.

    ::

        t_k  = target_k (1 - label_smoothing) + label_smoothing / C
        loss = -sum_k w_k t_k log p_k                  w = class_weight

        on probabilities, p = pred:
            gradient_k = -w_k t_k / p_k
            Hessian_k  =  w_k t_k / p_k^2
        on logits, p = softmax(pred), W = sum_k w_k t_k:
            gradient_k = W p_k - w_k t_k
            Hessian_k  = W p_k (1 - p_k)

        on bent logits, p = softmax(z), y = logit_softcap tanh(pred / logit_softcap):
            z = y / temperature                                  without a cap y = pred
            loss = -sum_k w_k t_k log p_k + z_loss m lse^2       lse = log sum_k e^z_k
        m is what the row counts in a mean: 1, or with class weights sum_k target_k w_k

    ``pred`` and ``target`` have one shape, with the C classes along ``axis``; the loss terms have
    that shape without ``axis``. Targets are >= 0 and finite, not necessarily of sum 1.
    Probabilities lie in [0, 1] and are taken as they are, not normalised; a logit of -inf is
    probability 0.

    Parameters
    ----------
    from_logits : bool, default False
        Whether ``pred`` holds logits. The default is the loud one: a logit taken for a probability
        soon falls outside [0, 1] and raises.
    class_weight : array_like of shape (C,) or dict, optional
        One weight >= 0 per class, or ``{class: weight}`` that names the last class; others that
        the dict leaves out weigh 1. It is part of the denominator of a mean: a row weighs
        ``sum_k target_k w_k``, times its sample weight. See `balanced_class_weight`.
    label_smoothing : float, default 0.0
        Share of the target that is spread evenly over all C classes; in [0, 1].
    axis : int, default -1
        Where the classes lie.
    eps : float, default 0.0
        Clips probabilities to [eps, 1 - eps], 0 <= eps < 0.5; the derivatives are those of the
        clipped function. With 0 the mathematics stands: p_k = 0 with t_k > 0 is inf.
    z_loss : float, default 0.0
        Price of the normaliser, >= 0: adds ``z_loss lse^2``, ``lse = log sum_k e^z_k``, to every
        row, weighted as the row is in a mean. This and the next two are of logits alone.
    logit_softcap : float, optional
        Bends logits so that they stay within (-logit_softcap, logit_softcap), > 0; see above.
    temperature : float, default 1.0
        Divides the logits, after the cap; > 0.

    Raises
    ------
    ParameterError
        When a parameter is not in its range.
    DomainError
        When a target is negative or a probability lies outside [0, 1].
    ShapeError, DTypeError
        By the calls, as `PredictionLoss` describes.

    See Also
    --------
    SparseCategoricalCrossEntropy : The same for integer targets.
    BinaryCrossEntropy : For labels that do not exclude each other.

    Notes
    -----
    The loss is convex, but with ``logit_softcap`` or ``z_loss``; ``curvature="positive"`` is
    ``max(Hessian, 0)``, which is the exact diagonal of a convex loss. From logits, the
    differences to the row's maximum are formed first and the other classes summed without it, so
    that a confident row keeps its full precision: a loss of 1e-30 is 1e-30, and not 0.

    Other libraries. PyTorch's ``CrossEntropyLoss`` takes logits only, and with probability targets
    divides a weighted mean by the number of rows instead of the weights. Keras also defaults to
    probabilities, but divides them by their sum and clips at 1e-7. Smoothing over all classes is
    common to PyTorch, Keras, optax and timm. For the Hessian scikit-learn takes ``p (1 - p)`` as
    here, LightGBM ``C / (C - 1) p (1 - p)``, XGBoost ``2 p (1 - p)`` held above 1e-16, CatBoost the
    whole matrix of the negated loss.

    References
    ----------
    J. S. Bridle, "Probabilistic interpretation of feedforward classification network outputs",
    1990. Label smoothing: C. Szegedy et al., "Rethinking the Inception architecture", CVPR 2016.
    ``z_loss``: A. Chowdhery et al., "PaLM: scaling language modeling with pathways", 2022.
    ``logit_softcap``: Gemma Team, "Gemma 2: improving open language models at a practical size",
    2024. ``temperature``: G. Hinton et al., "Distilling the knowledge in a neural network", 2015.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.CategoricalCrossEntropy()
    >>> guess = [0.6, 0.3, 0.1]                  # cat, dog, bird
    >>> [round(loss(guess, truth), 4) for truth in ([1, 0, 0], [0, 1, 0], [0, 0, 1])]
    [0.5108, 1.204, 2.3026]
    >>> logits = fl.CategoricalCrossEntropy(from_logits=True)
    >>> logits.grad([[0.0, 0.0, 0.0, 0.0]], [[0.5, 0.5, 0.0, 0.0]])
    array([[-0.25, -0.25,  0.25,  0.25]])
    >>> capped = fl.CategoricalCrossEntropy(from_logits=True, logit_softcap=30.0, z_loss=1e-4)
    >>> round(capped([[100.0, 0.0]], [[0, 1]]), 4)
    30.0133
    """

    __slots__ = ()
    name = "categorical_cross_entropy"
    from_logits = Parameter[bool]()
    class_weight = Parameter[tuple[float, ...] | None]()
    label_smoothing = Parameter[float]()
    axis = Parameter[int]()
    eps = Parameter[float]()
    z_loss = Parameter[float]()
    logit_softcap = Parameter[float | None]()
    temperature = Parameter[float]()

    def __init__(
        self,
        from_logits: bool = False,
        class_weight: ClassWeight | None = None,
        label_smoothing: float = 0.0,
        axis: int = -1,
        eps: float = 0.0,
        z_loss: float = 0.0,
        logit_softcap: float | None = None,
        temperature: float = 1.0,
    ) -> None:
        super().__init__(
            from_logits=from_logits,
            class_weight=class_weight,
            label_smoothing=label_smoothing,
            axis=axis,
            eps=eps,
            z_loss=z_loss,
            logit_softcap=logit_softcap,
            temperature=temperature,
        )


class SparseCategoricalCrossEntropy(PredictionLoss):
    """Cross-entropy of C classes against integer targets.

    ::

        loss = -w_y log p_y,  y = target              w = class_weight
        smoothed: t_k = (1 - label_smoothing) [k = y] + label_smoothing / C
                  loss = -sum_k w_k t_k log p_k

        on probabilities, p = pred:                   gradient_y = -w_y / p_y
        on logits, p = softmax(pred):                 gradient_k = w_y (p_k - [k = y])
        on bent logits: softmax(z), z = logit_softcap tanh(pred / logit_softcap) / temperature,
            and z_loss w_y (log sum_k e^z_k)^2 more

    The Hessian diagonal is that of `CategoricalCrossEntropy` for the target in one-hot form.
    ``pred`` has the C classes along ``axis``, ``target`` and the loss terms have its shape
    without that axis. Targets are integers of any width in [0, C), or ``ignore_index``.
    Probabilities lie in [0, 1] and are taken as they are; a logit of -inf is probability 0.

    Parameters
    ----------
    from_logits : bool, default False
        Whether ``pred`` holds logits.
    class_weight : array_like of shape (C,) or dict, optional
        One weight >= 0 per class, or ``{class: weight}`` that names the last class; others that
        the dict leaves out weigh 1. It is part of the denominator of a mean: a row weighs ``w_y``
        times its sample weight. See `balanced_class_weight`.
    label_smoothing : float, default 0.0
        Share of the target that is spread evenly over all C classes, class weights included; in
        [0, 1].
    axis : int, default -1
        Where the classes lie.
    eps : float, default 0.0
        Clips probabilities to [eps, 1 - eps], 0 <= eps < 0.5; derivatives are 0 where it clips.
    ignore_index : int, optional
        A target that marks rows to leave out: value and gradient 0, and no part of a mean.
    z_loss : float, default 0.0
        Price of the normaliser, >= 0: adds ``z_loss lse^2``, ``lse = log sum_k e^z_k``, to every
        row, weighted as the row is in a mean. This and the next two are of logits alone.
    logit_softcap : float, optional
        Bends logits so that they stay within (-logit_softcap, logit_softcap), > 0; see above.
    temperature : float, default 1.0
        Divides the logits, after the cap; > 0.

    Raises
    ------
    ParameterError
        When a parameter is not in its range.
    LabelError
        When a target is neither in [0, C) nor ``ignore_index``.
    DTypeError
        When targets are not integers.
    DomainError
        When a probability lies outside [0, 1].
    ShapeError
        By the calls, as `PredictionLoss` describes.

    See Also
    --------
    CategoricalCrossEntropy : The same for one-hot and probability targets.

    Notes
    -----
    The loss is convex, but with ``logit_softcap`` or ``z_loss``; ``curvature="positive"`` is
    ``max(Hessian, 0)``, which is the exact diagonal of a convex loss.

    Other libraries. PyTorch's ``CrossEntropyLoss`` is the same from logits, means and class weights
    included, but ignores -100 unless told otherwise and takes int64 and uint8 targets only. Keras'
    ``SparseCategoricalCrossentropy`` also defaults to probabilities, clips them at 1e-7 and calls
    the ignored target ``ignore_class``. A mean without any counted row is NaN here and in PyTorch,
    and 0 in Keras. Most libraries return exactly 0 once the right class has p > 1 - 2^-25.

    References
    ----------
    J. S. Bridle, "Probabilistic interpretation of feedforward classification network outputs",
    1990. For ``z_loss``, ``logit_softcap`` and ``temperature`` see `CategoricalCrossEntropy`.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.SparseCategoricalCrossEntropy(from_logits=True)
    >>> value, gradient = loss.value_and_grad([[0.0, 0.0], [90.0, 0.0]], [0, 0], reduction="none")
    >>> [f"{x:.6g}" for x in value]
    ['0.693147', '8.19401e-40']
    >>> masked = fl.SparseCategoricalCrossEntropy(from_logits=True, ignore_index=-1)
    >>> masked.grad([[0.0, 0.0], [5.0, 0.0]], [1, -1])
    array([[ 0.5, -0.5],
           [ 0. ,  0. ]])
    """

    __slots__ = ()
    name = "sparse_categorical_cross_entropy"
    from_logits = Parameter[bool]()
    class_weight = Parameter[tuple[float, ...] | None]()
    label_smoothing = Parameter[float]()
    axis = Parameter[int]()
    eps = Parameter[float]()
    ignore_index = Parameter[int | None]()
    z_loss = Parameter[float]()
    logit_softcap = Parameter[float | None]()
    temperature = Parameter[float]()

    def __init__(
        self,
        from_logits: bool = False,
        class_weight: ClassWeight | None = None,
        label_smoothing: float = 0.0,
        axis: int = -1,
        eps: float = 0.0,
        ignore_index: int | None = None,
        z_loss: float = 0.0,
        logit_softcap: float | None = None,
        temperature: float = 1.0,
    ) -> None:
        super().__init__(
            from_logits=from_logits,
            class_weight=class_weight,
            label_smoothing=label_smoothing,
            axis=axis,
            eps=eps,
            ignore_index=ignore_index,
            z_loss=z_loss,
            logit_softcap=logit_softcap,
            temperature=temperature,
        )
