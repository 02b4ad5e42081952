"""The focal losses of softmax rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._base import Parameter
from .._forms import PredictionLoss

if TYPE_CHECKING:
    from .._types import ClassWeight

__all__ = ["CategoricalFocal", "SparseCategoricalFocal"]


class CategoricalFocal(PredictionLoss):
    """Focal loss of C classes against one-hot or probability targets.

    ::

        t_k  = target_k (1 - label_smoothing) + label_smoothing / C
        c_k  = w_k alpha_k t_k                                      w = class_weight
        loss = -sum_k c_k (1 - p_k)^gamma log p_k

        U_k  = c_k ((1 - p_k)^gamma - gamma p_k (1 - p_k)^(gamma - 1) log p_k)
        on probabilities, p = pred:          gradient_k = -U_k / p_k
        on logits, p = softmax(pred):        gradient_k = p_k sum_j U_j - U_k

    The Hessian diagonal is the derivative of that. ``pred`` and ``target`` have one shape, with
    the C classes along ``axis``; the loss terms have that shape without ``axis``. Targets are >=
    0 and finite. Probabilities lie in [0, 1] and are taken as they are, not normalised; a logit
    of -inf is probability 0.

    Parameters
    ----------
    gamma : float, default 2.0
        How strongly easy examples are played down, >= 0; 0 is the cross-entropy times ``alpha``.
    alpha : array_like of shape (C,) or dict, optional
        One factor in [0, 1] per class, or a dict as of ``class_weight``; unlike that, no part of a
        mean's denominator.
    from_logits : bool, default False
        Whether ``pred`` holds logits.
    class_weight : array_like of shape (C,) or dict, optional
        One weight >= 0 per class, or ``{class: weight}`` that names the last class; others that
        the dict leaves out weigh 1. A row weighs ``sum_k target_k w_k`` in a mean. See
        `balanced_class_weight`.
    label_smoothing : float, default 0.0
        Share of the target that is spread evenly over all C classes; in [0, 1].
    axis : int, default -1
        Where the classes lie.
    eps : float, default 0.0
        Clips probabilities to [eps, 1 - eps], 0 <= eps < 0.5; derivatives are 0 where it clips.

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
    SparseCategoricalFocal : The same for integer targets.
    BinaryFocal : For labels that do not exclude each other.

    Notes
    -----
    The loss is not convex. From logits ``curvature="positive"`` is ``p_j (1 - p_j) sum_k U_k``; on
    probabilities it is ``max(Hessian, 0)``, element by element.

    Other libraries. Keras' ``CategoricalFocalCrossentropy`` multiplies all classes by one number
    ``alpha`` = 0.25 (``scale=0.25`` here), normalises probabilities and clips them at 1e-7.
    kornia and MONAI turn one number into the vector ``[1 - alpha, alpha, alpha, ...]``, which
    takes class 0 for a background; kornia's mean also divides by C. torchvision, fvcore and optax
    have the binary form alone. ``1 - p_k`` is formed from the other classes here, not by
    subtraction, so that confident rows keep their precision.

    References
    ----------
    T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, "Focal loss for dense object detection",
    ICCV 2017.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.CategoricalFocal(gamma=2.0)
    >>> guess = [0.6, 0.3, 0.1]                  # cat, dog, bird
    >>> [round(loss(guess, truth), 4) for truth in ([1, 0, 0], [0, 1, 0], [0, 0, 1])]
    [0.0817, 0.5899, 1.8651]
    """

    __slots__ = ()
    name = "categorical_focal"
    gamma = Parameter[float]()
    alpha = Parameter[tuple[float, ...] | None]()
    from_logits = Parameter[bool]()
    class_weight = Parameter[tuple[float, ...] | None]()
    label_smoothing = Parameter[float]()
    axis = Parameter[int]()
    eps = Parameter[float]()

    def __init__(
        self,
        gamma: float = 2.0,
        alpha: ClassWeight | None = None,
        from_logits: bool = False,
        class_weight: ClassWeight | None = None,
        label_smoothing: float = 0.0,
        axis: int = -1,
        eps: float = 0.0,
    ) -> None:
        super().__init__(
            gamma=gamma,
            alpha=alpha,
            from_logits=from_logits,
            class_weight=class_weight,
            label_smoothing=label_smoothing,
            axis=axis,
            eps=eps,
        )


class SparseCategoricalFocal(PredictionLoss):
    """Focal loss of C classes against integer targets.

    ::

        loss = -w_y alpha_y (1 - p_y)^gamma log p_y,  y = target    w = class_weight

        U    = w_y alpha_y ((1 - p_y)^gamma - gamma p_y (1 - p_y)^(gamma - 1) log p_y)
        on probabilities, p = pred:          gradient_y = -U / p_y
        on logits, p = softmax(pred):        gradient_k = U (p_k - [k = y])

    With label smoothing and for the Hessian diagonal it is `CategoricalFocal` of the target in
    one-hot form. ``pred`` has the C classes along ``axis``, ``target`` and the loss terms have its
    shape without that axis. Targets are integers of any width in [0, C), or ``ignore_index``.
    Probabilities lie in [0, 1] and are taken as they are; a logit of -inf is probability 0.

    Parameters
    ----------
    gamma : float, default 2.0
        How strongly easy examples are played down, >= 0; 0 is the cross-entropy times ``alpha``.
    alpha : array_like of shape (C,) or dict, optional
        One factor in [0, 1] per class, or a dict as of ``class_weight``; unlike that, no part of a
        mean's denominator.
    from_logits : bool, default False
        Whether ``pred`` holds logits.
    class_weight : array_like of shape (C,) or dict, optional
        One weight >= 0 per class, or ``{class: weight}`` that names the last class; others that
        the dict leaves out weigh 1. A row weighs ``w_y`` in a mean. See `balanced_class_weight`.
    label_smoothing : float, default 0.0
        Share of the target that is spread evenly over all C classes; in [0, 1].
    axis : int, default -1
        Where the classes lie.
    eps : float, default 0.0
        Clips probabilities to [eps, 1 - eps], 0 <= eps < 0.5; derivatives are 0 where it clips.
    ignore_index : int, optional
        A target that marks rows to leave out: value and gradient 0, and no part of a mean.

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
    CategoricalFocal : The same for one-hot and probability targets.

    Notes
    -----
    The loss is not convex. From logits ``curvature="positive"`` is ``U p_k (1 - p_k)``; on
    probabilities it is ``max(Hessian, 0)``, element by element.

    Other libraries. kornia's ``focal_loss`` and MONAI's ``FocalLoss`` take integer targets too, but
    read one number ``alpha`` as the vector ``[1 - alpha, alpha, alpha, ...]``, with class 0 as a
    background, and kornia's mean also divides by C. Keras has only the form for one-hot targets,
    torchvision, fvcore and optax only the binary one.

    References
    ----------
    T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, "Focal loss for dense object detection",
    ICCV 2017.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.SparseCategoricalFocal(gamma=2.0, from_logits=True)
    >>> value, gradient = loss.value_and_grad([[0.0, 0.0]], [1])
    >>> round(value, 4), gradient.round(4)
    (0.1733, array([[ 0.2983, -0.2983]]))
    """

    __slots__ = ()
    name = "sparse_categorical_focal"
    gamma = Parameter[float]()
    alpha = Parameter[tuple[float, ...] | None]()
    from_logits = Parameter[bool]()
    class_weight = Parameter[tuple[float, ...] | None]()
    label_smoothing = Parameter[float]()
    axis = Parameter[int]()
    eps = Parameter[float]()
    ignore_index = Parameter[int | None]()

    def __init__(
        self,
        gamma: float = 2.0,
        alpha: ClassWeight | None = None,
        from_logits: bool = False,
        class_weight: ClassWeight | None = None,
        label_smoothing: float = 0.0,
        axis: int = -1,
        eps: float = 0.0,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__(
            gamma=gamma,
            alpha=alpha,
            from_logits=from_logits,
            class_weight=class_weight,
            label_smoothing=label_smoothing,
            axis=axis,
            eps=eps,
            ignore_index=ignore_index,
        )
