"""Formulas of the losses of boxes."""


def meeting(x, low, high, other_low, other_high):
    """Return the lengths that two intervals have, share and span."""
    common = x.minimum(high, other_high) - x.maximum(low, other_low)
    whole = x.maximum(high, other_high) - x.minimum(low, other_low)
    return x.maximum(high - low, 0), other_high - other_low, common, whole


def share(x, part, area):
    """Return a quotient of areas, 0 where there is none to divide by."""
    return x.where(area > 0, part, 0) / x.where(area > 0, area, 1)


def giou(x, pred, target, *, eps):
    (x1, y1, x2, y2), (left, top, right, bottom) = pred, target
    own_x, given_x, common_x, whole_x = meeting(x, x1, x2, left, right)
    own_y, given_y, common_y, whole_y = meeting(x, y1, y2, top, bottom)
    meets = (common_x > 0) & (common_y > 0)
    shared = x.where(meets, common_x * common_y, 0)
    union, whole = own_x * own_y + given_x * given_y - shared, whole_x * whole_y
    return [1, -share(x, shared, union + eps), share(x, whole - union, whole + eps)]
