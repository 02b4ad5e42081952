"""The workloads in PyTorch's own words, for eager mode and for torch.compile."""

from collections.abc import Callable
from typing import Any

from bench.workloads import CONTRASTIVE_MARGIN


def losses(torch: Any) -> dict[str, Callable[..., Any]]:
    """The mean loss of each workload family; PyTorch's own function wherever it has one."""
    functional = torch.nn.functional

    def focal(z: Any, t: Any) -> Any:  # as in torchvision.ops.sigmoid_focal_loss
        p = torch.sigmoid(z)
        ce = functional.binary_cross_entropy_with_logits(z, t, reduction="none")
        p_t = p * t + (1 - p) * (1 - t)
        alpha_t = 0.25 * t + 0.75 * (1 - t)
        return (alpha_t * ce * (1 - p_t) ** 2.0).mean()

    def contrastive(a: Any, b: Any, t: Any) -> Any:
        d = functional.pairwise_distance(a, b)
        return (t * d**2 + (1 - t) * torch.clamp(CONTRASTIVE_MARGIN - d, min=0) ** 2).mean()

    return {
        "mse": functional.mse_loss,
        "mae": functional.l1_loss,
        "huber": functional.huber_loss,
        "bce": functional.binary_cross_entropy_with_logits,
        "focal": focal,
        "ce": functional.cross_entropy,
        "triplet": functional.triplet_margin_loss,
        "contrastive": contrastive,
    }


def by_hand(torch: Any) -> dict[str, Callable[..., Any]]:
    """Value, and derivatives derived by hand into buffers: what torch.compile fuses best."""

    def logistic(z: Any) -> tuple[Any, Any, Any]:
        e = torch.exp(-z.abs())
        r = 1 / (1 + e)
        return e, r, torch.where(z < 0, e * r, r)

    def cross_entropy(z: Any, t: Any, e: Any) -> Any:
        return z.clamp(min=0) - z * t + torch.log1p(e)

    def mse(pred: Any, target: Any, g: Any) -> Any:
        r = pred - target
        g.copy_(r * (2 / r.numel()))
        return (r * r).sum() / r.numel()

    def mae(pred: Any, target: Any, g: Any) -> Any:
        r = pred - target
        g.copy_(torch.sign(r) * (1 / r.numel()))
        return r.abs().sum() / r.numel()

    def huber(pred: Any, target: Any, g: Any) -> Any:
        r = pred - target
        c = r.clamp(-1, 1)
        g.copy_(c * (1 / r.numel()))
        return (c * (r - 0.5 * c)).sum() / r.numel()

    def bce(z: Any, t: Any, g: Any) -> Any:
        e, _, p = logistic(z)
        g.copy_((p - t) * (1 / z.numel()))
        return cross_entropy(z, t, e).sum() / z.numel()

    def bce_hess(z: Any, t: Any, g: Any, h: Any) -> Any:
        e, r, p = logistic(z)
        g.copy_((p - t) * (1 / z.numel()))
        h.copy_(e * r * r * (1 / z.numel()))

    def focal(z: Any, t: Any, g: Any) -> Any:
        e, r, p = logistic(z)
        ce = cross_entropy(z, t, e)
        flip = 1 - 2 * t
        q = p * flip + t
        alpha = 0.75 - 0.5 * t
        slope = flip * e * r * r
        g.copy_(alpha * q * (2 * slope * ce + q * (p - t)) * (1 / z.numel()))
        return (alpha * q * q * ce).sum() / z.numel()

    return {
        "mse": mse,
        "mae": mae,
        "huber": huber,
        "bce": bce,
        "bce.hess": bce_hess,
        "focal": focal,
    }
