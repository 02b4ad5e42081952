"""Losses of axis-aligned boxes ``x1 y1 x2 y2``: a term is a box."""

from __future__ import annotations

from ._base import Parameter
from ._forms import BoxLoss

__all__ = ["GIoU"]


class GIoU(BoxLoss):
    """Generalized intersection over union: how far two boxes are from being the same one, even
    where they do not meet.

    ::

        loss = 1 - I / (U + eps) + (C - U) / (C + eps)

    with ``I`` and ``U`` the areas of intersection and union, and ``C`` that of the smallest box
    that holds both. ``pred`` and ``target`` have one shape, ``(..., 4)``; every box is a loss term,
    of shape ``(...)``. The loss lies in [0, 2].

    Parameters
    ----------
    eps : float, default 1e-07
        Keeps the quotients of boxes without area finite; >= 0.

    Raises
    ------
    ShapeError, DTypeError, DomainError, ParameterError
        By the calls, as `BoxLoss` describes; a target with ``x2 < x1`` or ``y2 < y1`` is a
        `DomainError`.

    Notes
    -----
    A predicted box whose sides are turned round counts as one without area, and no gradient comes
    from its area. Boxes that do not meet share none, without a gradient. Where edges coincide or
    boxes touch, a slope is the least of those between the two sides, 0 where their signs differ.
    With ``eps=0``, a quotient by no area at all is 0, without a gradient. An infinite edge is taken
    to its limit, which two of one axis do not have: NaN. There is no Hessian. Areas are formed with
    digits to spare, whatever the size of the boxes.

    Other libraries. torchvision's ``generalized_box_iou_loss`` is the same function, in float32 at
    its own rounding, and takes turned boxes as they are. Keras and PyTorch itself have none.

    References
    ----------
    H. Rezatofighi et al., "Generalized Intersection over Union: A Metric and A Loss for Bounding
    Box Regression", 2019.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.GIoU(eps=0.0)
    >>> loss([[0.0, 0.0, 2.0, 2.0]], [[1.0, 0.0, 3.0, 2.0]], reduction="none")
    array([0.66666667])
    >>> loss.grad([[0.0, 0.0, 2.0, 2.0]], [[1.0, 0.0, 3.0, 2.0]]).round(4)
    array([[-0.1111,  0.    , -0.3333,  0.    ]])
    """

    __slots__ = ()
    name = "giou"
    eps = Parameter[float]()

    def __init__(self, eps: float = 1e-07) -> None:
        super().__init__(eps=eps)
