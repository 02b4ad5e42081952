"""Targets, weights, scales and parameters that float32 does not hold, and other edges of types."""

import fastloss as fl
import numpy as np
import pytest

F4 = np.float32


@pytest.mark.parametrize(
    ("target", "error"),
    [
        (np.array([1 + 1e-9]), 1 - (1 + 1e-9)),
        (np.array([2**24 + 1]), 1 - (2.0**24 + 1)),
        (np.array([2**31 - 1], np.int32), 1 - (2.0**31 - 1)),
        (np.array([2**32 - 1], np.uint32), 1 - (2.0**32 - 1)),
        (np.array([2**40 + 1], np.uint64), 1 - (2.0**40 + 1)),
    ],
)
def test_targets_that_float32_does_not_hold(target, error):
    pred = np.ones(1, F4)
    for shape in ((1,), (3001,)):  # a tail alone, and whole runs
        x, y = np.broadcast_to(pred, shape), np.broadcast_to(target, shape)
        terms, grad = fl.MeanSquaredError().value_and_grad(x, y, reduction="none")
        assert terms.dtype == grad.dtype == F4
        np.testing.assert_array_equal(terms, F4(error**2))
        np.testing.assert_array_equal(grad, F4(2 * error))
        assert fl.MeanAbsoluteError()(x, y) == abs(error)


def test_a_probability_close_to_one_in_float64():
    loss = fl.BinaryCrossEntropy(from_logits=True)
    soft = np.array([1 - 1e-12])
    value = loss(F4([100.0]), soft)
    assert value == pytest.approx((1 - soft[0]) * 100, rel=1e-15)


@pytest.mark.parametrize("scale", [1e39, 1e300, -1e39])
@pytest.mark.parametrize("name", ["mean_squared_error", "mean_absolute_error", "huber"])
def test_a_scale_beyond_float32(name, scale):
    loss = fl.get(name)
    zero = np.zeros(3, F4)
    np.testing.assert_array_equal(loss.grad(zero, zero, scale=scale), zero)
    small = np.full(3, 2.0**-20, F4)
    found = loss.grad(small, zero, scale=scale, reduction="sum")
    wanted = loss.grad(small.astype(float), zero, scale=scale, reduction="sum")
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(found, wanted.astype(F4))


@pytest.mark.parametrize("scale", [1e-40, 1e-50])
def test_a_scale_below_float32(scale):
    x, zero = F4([1e20, 1.2345e5]), np.zeros(2, F4)
    found = fl.MeanSquaredError().grad(x, zero, scale=scale, reduction="sum")
    np.testing.assert_array_equal(found, (2 * x.astype(float) * scale).astype(F4))


def test_weights_beyond_float32():
    loss, weight = fl.MeanSquaredError(), [1e39, 1.0, 1e-50]
    x, zero = F4([0.0, 2.0, 1e20]), np.zeros(3, F4)
    for n in (3, 3000):
        big = [np.resize(a, n) for a in (x, zero, weight)]
        grad, hess = loss.grad_and_hess(*big[:2], sample_weight=big[2], reduction="sum")
        np.testing.assert_array_equal(grad, np.resize(F4([0.0, 4.0, 2e-30]), n))
        np.testing.assert_array_equal(hess, np.resize(F4([np.inf, 2.0, 0.0]), n))


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("name", ["binary_cross_entropy", "binary_focal"])
def test_parameters_beyond_float32(name, logits):
    for pos_weight in (1e39, 1e-50):
        loss = fl.get(name, pos_weight=pos_weight, from_logits=logits)
        x = np.array([0.5, 0.5, 0.25])
        y = np.array([0.0, 1.0, 0.5])
        with np.errstate(over="ignore"):
            for found, wanted in zip(
                loss.grad_and_hess(F4(x), F4(y), reduction="none"),
                loss.grad_and_hess(x, y, reduction="none"),
                strict=True,
            ):
                np.testing.assert_array_equal(found, wanted.astype(F4))


TINY, ABOVE, INF = 5e-324, 1 + 2.0**-52, float("inf")
RANGES = [
    # loss, parameter, just beyond its range, its ends
    (fl.Huber, "delta", (0.0, -TINY, INF), (TINY,)),
    (fl.BinaryCrossEntropy, "label_smoothing", (-TINY, ABOVE), (0.0, 1.0)),
    (fl.BinaryCrossEntropy, "pos_weight", (-TINY, INF, [1.0, -TINY]), (0.0, [0.0, 1.0])),
    (fl.CategoricalCrossEntropy, "class_weight", ([1.0, -TINY], [INF, 1.0]), ([0.0, 0.0],)),
    (fl.BinaryFocal, "gamma", (-TINY, INF), (0.0,)),
    (fl.BinaryFocal, "alpha", (-TINY, ABOVE), (0.0, 1.0)),
    (fl.SparseCategoricalFocal, "alpha", ([1.0, -TINY], [ABOVE, 1.0]), ([0.0, 1.0],)),
    (fl.Contrastive, "margin", (-TINY, INF), (0.0,)),
    (fl.Triplet, "margin", (-TINY, INF), (0.0,)),
    (fl.Triplet, "p", (1 - 2.0**-53, -INF), (1.0, INF)),
]


@pytest.mark.parametrize(("kind", "name", "beyond", "ends"), RANGES)
def test_the_ends_of_the_range_of_a_parameter(kind, name, beyond, ends):
    for wrong in beyond:
        with pytest.raises(fl.ParameterError, match=f"^{kind.__name__}: {name}"):
            kind(**{name: wrong})
    for right in ends:
        assert kind(**{name: right}).params[name] == (tuple(right) if np.ndim(right) else right)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("gamma", [1e-3, 0.5, 0.999])
def test_focal_where_the_loss_vanishes(dtype, gamma):
    """No weight on the target's side: all derivatives are 0, even where powers are not."""
    tiny = np.finfo(dtype).smallest_subnormal
    for params, pred, target in (
        ({"alpha": 1.0}, [0.0, tiny, 1.0], [0.0, 0.0, 0.0]),
        ({"alpha": 0.0}, [1.0, 0.0, tiny], [1.0, 1.0, 1.0]),
        ({"pos_weight": 0.0}, [1.0, 0.0, 0.5], [1.0, 1.0, 1.0]),
    ):
        loss = fl.BinaryFocal(gamma=gamma, **params)
        x, y = np.array(pred, dtype), np.array(target, dtype)
        for curvature in ("exact", "positive"):
            for part in loss.grad_and_hess(x, y, curvature=curvature, reduction="sum"):
                np.testing.assert_array_equal(part, np.zeros(3, dtype))
        assert np.isnan(loss.grad(np.array([np.nan], dtype), y[:1])).all()


def test_edges_that_float32_does_not_hold():
    """Where a loss bends is compared with the parameter itself, not with its rounding."""
    p = F4(1e-7)
    assert float(p) > 1e-7
    loss = fl.BinaryCrossEntropy(eps=1e-7)
    assert loss.grad(np.array([p]), [1.0])[0] == pytest.approx(-1 / float(p), rel=1e-6)
    r = F4(0.1)
    assert float(r) > 0.1
    assert fl.Huber(delta=0.1).grad_and_hess(np.array([r]), F4([0.0]))[1][0] == 0.0
    assert fl.Huber(delta=0.125).grad_and_hess(F4([0.125]), F4([0.0]))[1][0] == 1.0


@pytest.mark.parametrize("name", ["binary_cross_entropy", "sparse_categorical_cross_entropy"])
def test_tiny_logits_are_as_good_as_zero(name):
    """They are set to 0 inside, where they would be slow; the result is that of the exact logit."""
    loss = fl.get(name, from_logits=True)
    for tiny in (1e-45, -1e-45, 1e-30, -1e-20):
        logits, target = np.full((2, 1100), tiny, F4), np.ones(2, int)
        if name.startswith("binary"):
            target = np.ones((2, 1100))
        found = loss.value_and_grad(logits, target)
        wanted = loss.value_and_grad(0 * logits, target)
        assert found[0] == pytest.approx(wanted[0], rel=1e-7)
        np.testing.assert_allclose(found[1], wanted[1], rtol=2e-7)


FAR = [
    # p, squared, gradient of the positive at (inf, 1, 0) from an anchor at 0
    (1.0, False, [1, 1, 0]),
    (1.5, False, [1, 0, 0]),
    (2.0, False, [1, 0, 0]),
    (INF, False, [1, 0, 0]),
    (1.0, True, [INF, INF, 0]),
    (1.5, True, [INF, INF, 0]),
    (2.0, True, [INF, 2, 0]),
    (3.0, True, [INF, 0, 0]),
    (INF, True, [INF, 0, 0]),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("p", "squared", "wanted"), FAR)
def test_a_triplet_with_an_infinite_distance(p, squared, wanted, dtype):
    loss = fl.Triplet(p=p, squared=squared)
    anchor, near, far = (np.array([x], dtype) for x in ([0, 0, 0], [1, 1, 1], [INF, 1, 0]))
    value, grads = loss.value_and_grad(anchor, far, near)
    assert value == INF
    assert grads[1].tolist() == [wanted]
    value, grads = loss.value_and_grad(anchor, near, far)
    assert value == 0
    assert not np.any(grads)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_pair_with_an_infinite_distance(dtype):
    a, b, target = np.array([[INF, 1]] * 2, dtype), np.zeros((2, 2), dtype), [1, 0]
    value, grads = fl.Contrastive().value_and_grad(a, b, target, reduction="none")
    assert value.tolist() == [INF, 0]
    assert grads[0].tolist() == [[INF, 2], [0, 0]]
    assert grads[1].tolist() == [[-INF, -2], [0, 0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_curvatures_of_a_triplet_with_an_infinite_distance(dtype):
    anchor, near, far = (np.array([x], dtype) for x in ([0, 0, 0], [1, 1, 1], [-INF, -1, 0]))
    for p, wanted in ((1.5, [2, INF, 0]), (2.0, [2, 2, 2]), (3.0, [2, 0, 0])):
        _, hess = fl.Triplet(p=p, squared=True).grad_and_hess(anchor, far, near)
        assert hess[1].tolist() == [wanted]


def test_a_cosine_of_the_smallest_vectors():
    a, b = np.array([[5e-324, 0.0]]), np.array([[1.0, 0.0]])
    for curvature in ("exact", "positive"):
        grads, hess = fl.CosineEmbedding().grad_and_hess(a, b, [1], curvature=curvature)
        assert [x.tolist() for x in grads] == [[[0, 0]], [[0, 0]]]
        assert [x.tolist() for x in hess] == [[[0, INF]], [[0, 1]]]


@pytest.mark.parametrize("log_input", [False, True])
def test_the_factorial_of_a_huge_target(log_input):
    loss = fl.Poisson(full=True, log_input=log_input)
    for target in (1.2e308, 1.5e308, 1.797e308):
        assert loss([0.0], [target]) == INF
        assert loss([1.0], [target]) == INF


def test_differences_of_preferences_that_overflow():
    large = 1.6e308
    loss = fl.DPO()
    value, grads = loss.value_and_grad([large], [-large], [large], [-large])
    assert value == pytest.approx(np.log(2))
    assert [g[0] for g in grads] == pytest.approx([-0.05, 0.05, 0.05, -0.05])
    assert loss([large], [-large], [-large], [large]) == 0
    assert loss([-large], [large], [large], [-large]) == pytest.approx(0.4 * large)
    assert fl.DPO(beta=1.0)([-large], [large], [large], [-large]) == INF


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("pred", "target", "wanted", "slopes"),
    [
        ([0, 0, INF, 1], [0, 0, 1, 1], 1, [0, 0]),
        ([-INF, -INF, INF, INF], [0, 0, 1, 1], 1, [0, 0]),
        ([-INF, 0, INF, 1], [0, 1, 1, 2], 1.5, [0.25, -0.5]),
        ([0, 0, 1, 1], [0, 0, 1, INF], 1, [0, 0]),
        ([0, 0, INF, 1], [0, 0, INF, 1], np.nan, [np.nan, np.nan]),
    ],
)
def test_boxes_without_end(pred, target, wanted, slopes, dtype):
    for loss in (fl.GIoU(), fl.GIoU(eps=0.0)):
        value, grad = loss.value_and_grad(np.array([pred], dtype), np.array([target], dtype))
        np.testing.assert_equal(value, wanted)
        np.testing.assert_array_equal(grad, [[0 * wanted, slopes[0], 0 * wanted, slopes[1]]])


@pytest.mark.parametrize("eps", [0.0, 1e-7])
@pytest.mark.parametrize("target", [[2, 1, 2, 1], [1, 1, 1, 1], [1, 1, 1, 3], [0, 0, 2, 2]])
def test_a_box_without_area(eps, target):
    value, grad = fl.GIoU(eps=eps).value_and_grad(np.ones((1, 4)), np.array([target], float))
    assert np.isfinite(value)
    assert np.isfinite(grad).all()
