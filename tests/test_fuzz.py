"""Random calls: shapes, views, dtypes and options together, against a fresh contiguous copy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import cases
from tests.outcomes import arrays_of, assert_same

CASES = cases.cases_of_each_kind()

axis_lengths = st.one_of(st.integers(1, 9), st.sampled_from([0, 16, 17, 255, 300]))
leads = st.lists(axis_lengths, max_size=3).filter(lambda shape: np.prod(shape) <= 3000)


@st.composite
def views(draw, x):
    """Lay x out elsewhere: axes permuted in memory, steps, directions and a byte offset."""
    order = draw(st.permutations(range(x.ndim)))
    steps = [draw(st.sampled_from([1, 1, 2, 3, -1, -2])) for _ in range(x.ndim)]
    offset = draw(st.sampled_from([0, 0, 1, x.itemsize, 8, 63]))
    sizes = [x.shape[k] * abs(steps[k]) for k in order]
    room = np.zeros(int(np.prod(sizes)) * x.itemsize + 64, np.uint8)
    base = np.ndarray(sizes, x.dtype, room, offset=offset).transpose(np.argsort(order))
    view = base[(..., *(slice(None, None, s) for s in steps))]
    view[...] = x
    return view


@pytest.mark.parametrize("case", CASES, ids=str)
@settings(derandomize=True, database=None, deadline=None, max_examples=60)
@given(data=st.data())
def test_any_call(case, data):
    lead = tuple(data.draw(leads))
    classes = data.draw(st.sampled_from([1, 2, 3, 17, 100]))
    dtype = data.draw(st.sampled_from([np.float16, np.float32, np.float64]))
    inputs = cases.draw(case, lead, classes=classes, dtype=dtype, hard=data.draw(st.booleans()))
    shape = lead[data.draw(st.integers(0, len(lead))) :]
    weight = data.draw(st.sampled_from([None, cases.weights(shape).astype(np.float32)]))
    options = {
        "reduction": data.draw(st.sampled_from(["mean", "sum", "none"])),
        "scale": data.draw(st.sampled_from([1.0, -2.5, 0.0, 1e-3])),
    }
    method = getattr(case.loss, data.draw(st.sampled_from(cases.methods(case.row["hessian"]))))
    if method.__name__ == "grad_and_hess":
        options["curvature"] = data.draw(st.sampled_from(["exact", "positive"]))
    wanted = method(*inputs, sample_weight=weight, n_threads=1, **options)
    moved = [data.draw(views(x)) for x in inputs]
    other = None if weight is None else data.draw(views(weight))
    n = data.draw(st.integers(1, 4))
    found = method(*moved, sample_weight=other, n_threads=n, **options)
    assert_same({"": arrays_of(found)}, {"": arrays_of(wanted)}, f"{lead} {classes}")
