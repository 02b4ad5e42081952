"""At a kink the derivative is the subgradient of least magnitude, shared where several tie.

Inputs are small integers, so that residuals, distances and hinges meet their kinks exactly.
"""

import itertools

import fastloss as fl
import numpy as np
import pytest

from tests import cases, oracle, reals
from tests.measure import assert_close

PAIRS = [c for c in cases.cases() if c.row["room"] == "pairs"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", PAIRS, ids=str)
def test_integer_vectors(case, dtype):
    """Coincident points, tied coordinates, tied distances and hinges at 0 occur all over."""
    rng = cases.random("integers", case.name)
    count = case.row["differentiable"]
    vectors = [rng.integers(-1, 2, (80, 3)).astype(dtype) for _ in range(count)]
    if count < len(case.row["inputs"]):
        target = rng.integers(0, 2, 80).astype(dtype)
        vectors.append(cases.in_domain(case.row["target_domain"], target))
    assert_close(case.loss, vectors)


REGRESSION = [
    # loss, residual, gradient, Hessian
    (fl.MeanAbsoluteError(), 0.0, 0.0, 0.0),
    (fl.MeanAbsoluteError(), -0.0, 0.0, 0.0),
    (fl.MeanAbsoluteError(), 5e-324, 1.0, 0.0),
    (fl.MeanAbsoluteError(), -5e-324, -1.0, 0.0),
    (fl.Huber(delta=2.0), 2.0, 2.0, 1.0),
    (fl.Huber(delta=2.0), -2.0, -2.0, 1.0),
    (fl.Huber(delta=2.0), np.nextafter(2.0, 3.0), 2.0, 0.0),
    (fl.MeanSquaredError(), 0.0, 0.0, 2.0),
]


@pytest.mark.parametrize(("loss", "residual", "gradient", "hessian"), REGRESSION)
def test_residuals(loss, residual, gradient, hessian):
    for n in (1, 33):
        pred = np.full(n, residual)
        for curvature in ("exact", "positive"):
            found = loss.grad_and_hess(pred, np.zeros(n), reduction="sum", curvature=curvature)
            assert (found[0] == gradient).all()
            assert (found[1] == hessian).all()


CORNERS = [
    # loss, prediction, target
    *[
        (fl.Hinge(margin=0.5, squared=s), y / 2, t)
        for s in (False, True)
        for y, t in ((1, 1), (-1, 0))
    ],
    *[
        (kind(eps=0.25), p, t)
        for kind in (fl.BinaryCrossEntropy, fl.BinaryFocal)
        for p in (0.25, 0.75)
        for t in (0, 0.5, 1)
    ],
    *[
        (kind(eps=0.25), [p, 1 - p], y)
        for kind in (fl.SparseCategoricalCrossEntropy, fl.SparseCategoricalFocal)
        for p in (0.25, 0.75)
        for y in (0, 1)
    ],
    (fl.SparseCategoricalCrossEntropy(from_logits=True, eps=0.25), [0, 0, 0, 0], 2),
    (fl.MultiMargin(), [2, 1, 1, 0], 0),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("loss", "pred", "target"), CORNERS)
def test_corners(loss, pred, target, dtype):
    """Flat on one side, so 0."""
    grad = loss.grad(np.array([pred], dtype), np.array([target]), reduction="sum")
    assert (grad == 0).all()


@pytest.mark.parametrize("box", [[0, 0, 1, 1], [-3, 2, 5, 2.5], [1, 1, 1, 1], [0, 2, 3, 2]])
def test_a_box_that_is_the_target(box):
    for loss in (fl.GIoU(), fl.GIoU(eps=0.0)):
        assert loss.grad(np.array([box], float), np.array([box], float)).tolist() == [[0, 0, 0, 0]]


def test_a_box_with_an_edge_of_the_target():
    """The loss grows to both sides of that edge, so 0 is a subgradient."""
    loss, target = fl.GIoU(eps=0.0), np.array([[0.0, 0.0, 1.0, 1.0]])
    left, edge, right = (loss([[x, -0.5, 2.0, 1.5]], target) for x in (-0.25, 0.0, 0.25))
    assert edge < min(left, right)
    assert loss.grad(np.array([[0.0, -0.5, 2.0, 1.5]]), target)[0, 0] == 0


def sides_of(loss, pred, target, k):
    """Return the slopes by an end of a box next to where it is, on both sides, and their S."""
    step, given = reals.two_to(-150), [oracle.numbers(target)]
    found = []
    for move in (-step, step):
        box = oracle.numbers(pred)
        box[k] += move
        found.append(oracle.evaluate(loss, [box, *given], 0, entries=[k]).grad[0][0])
    return [float(x.number) for x in found], max(float(x.S) for x in found)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("eps", [0.0, 0.25])
def test_boxes_on_a_grid(eps, dtype):
    """Ends coincide, boxes touch and have no area all over; each slope is the least of both."""
    rng, loss = cases.random("grid"), fl.GIoU(eps=eps)
    pred, target = rng.integers(0, 4, (2, 150, 4)).astype(dtype)
    target[:, 2:] = target[:, :2] + rng.integers(1, 3, (150, 2))
    grad = loss.grad(pred, target, reduction="sum")
    for i, k in itertools.product(range(len(pred)), range(4)):
        (low, high), size = sides_of(loss, pred[i], target[i], k)
        least = 0.0 if low * high < 0 else min(low, high, key=abs)
        assert abs(grad[i, k] - least) <= 4 * np.finfo(dtype).eps * max(abs(least), size)


def triplets(loss, anchor, positive, negative):
    rows = [np.array([x], float) for x in (anchor, positive, negative)]
    return [g[0].tolist() for g in loss.grad(*rows, reduction="sum")]


def test_hinge_at_its_corner():
    # d(a,p) - d(a,n) + margin is exactly 0.
    assert triplets(fl.Triplet(margin=1.0), [0, 0], [1, 0], [0, 2]) == [[0, 0]] * 3
    assert triplets(fl.Triplet(margin=1.0), [0, 0], [1.5, 0], [0, 2]) != [[0, 0]] * 3


def test_distance_zero():
    # anchor and positive coincide: their distance pulls nowhere, the negative still pushes.
    found = triplets(fl.Triplet(margin=3.0), [0, 0], [0, 0], [0, 2])
    assert found == [[0, 1], [0, 0], [0, -1]]


def test_tied_largest_coordinates_share():
    found = triplets(fl.Triplet(margin=5.0, p=np.inf), [0, 0, 0], [2, -2, 1], [0, 0, 0])
    assert found == [[-0.5, 0.5, 0], [0.5, -0.5, 0], [0, 0, 0]]


def test_tied_distances_share_the_swap():
    # The negative is as far from the anchor as from the positive.
    found = triplets(fl.Triplet(margin=5.0, swap=True), [-1, 0], [1, 0], [0, 0])
    # d(a,p) pulls by 1; the two equal distances to the negative push by a half each.
    assert found == [[-0.5, 0], [0.5, 0], [0, 0]]


def test_contrastive_at_its_margin():
    loss = fl.Contrastive(margin=5.0)
    for a, target in itertools.product([[3.0, 4.0], [0.0, 0.0]], [0.0, 1.0]):
        grads = loss.grad(np.array([a]), np.zeros((1, 2)), np.array([target]), reduction="sum")
        pull = [2 * target * x for x in a]
        assert grads[0][0].tolist() == pull
        assert grads[1][0].tolist() == [-x for x in pull]
