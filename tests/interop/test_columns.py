"""Columns of Arrow, pandas and polars: one rule for all, by the type and by what is missing."""

from decimal import Decimal

import fastloss as fl
import numpy as np
import pytest

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install pyarrow")
pd = pytest.importorskip("pandas", reason="pandas is not installed: pip install pandas")
pl = pytest.importorskip("polars", reason="polars is not installed: pip install polars")

SQUARED = fl.MeanSquaredError()
LABELS = fl.SparseCategoricalCrossEntropy(from_logits=True)
PRED = np.array([0.5, 1.0, 2.0])
LOGITS = np.array([[2.0, 1.0], [0.5, -1.0], [0.0, 3.0]])

# What makes a column of a list of Python's values, None among them, by the type of its elements.
MAKERS = {
    "Arrow": lambda x, t: pa.array(x, {"bool": pa.bool_()}.get(t) or pa.from_numpy_dtype(t)),
    "Arrow, chunked": lambda x, t: pa.chunked_array(
        [MAKERS["Arrow"](x[:2], t), MAKERS["Arrow"](x[2:], t)]
    ),
    "pandas": lambda x, t: pd.Series(x, dtype="boolean" if t == "bool" else t.capitalize()),
    "pandas, array": lambda x, t: MAKERS["pandas"](x, t).array,
    "pandas, index": lambda x, t: pd.Index(MAKERS["pandas"](x, t)),
    "pandas, on Arrow": lambda x, t: pd.Series(
        x, dtype=pd.ArrowDtype({"bool": pa.bool_()}.get(t) or pa.from_numpy_dtype(t))
    ),
    "polars": lambda x, t: pl.Series(
        x, dtype=getattr(pl, "Boolean" if t == "bool" else t.replace("ui", "UI").capitalize())
    ),
    "polars, chunked": lambda x, t: pl.concat(
        [MAKERS["polars"](x[:2], t), MAKERS["polars"](x[2:], t)], rechunk=False
    ),
}
makers = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
INTEGERS = ("int8", "int16", "int32", "int64", "bool")


def wanted(dtype):
    return np.array([1, 0, 1], dtype)


@makers
@pytest.mark.parametrize("dtype", [*INTEGERS, "float32", "float64"])
def test_a_column_is_the_array_of_its_type(make, dtype):
    values = wanted(dtype).tolist()
    column, plain = make(values, dtype), wanted(dtype)
    assert SQUARED(PRED, column) == SQUARED(PRED, plain)
    assert SQUARED(PRED, PRED / 2, sample_weight=column) == SQUARED(
        PRED, PRED / 2, sample_weight=plain
    )
    if dtype in INTEGERS:
        assert LABELS(LOGITS, column) == LABELS(LOGITS, plain)
        with pytest.raises(fl.DTypeError, match=f"pred has dtype {dtype}, wanted: float16"):
            SQUARED(column, PRED)
    else:
        value, gradient = SQUARED.value_and_grad(column, PRED)
        assert value == SQUARED(plain, PRED)
        assert gradient.dtype == dtype
        with pytest.raises(fl.DTypeError, match=f"target has dtype {dtype}, wanted: integer"):
            LABELS(LOGITS, column)


@makers
@pytest.mark.parametrize("dtype", [*INTEGERS, "float64"])
def test_a_missing_value_is_refused(make, dtype):
    first, _, last = wanted(dtype).tolist()
    column = make([first, None, last], dtype)
    missing = r"has missing values \(1 of 3\), wanted: .*; drop or fill them$"
    with pytest.raises(fl.DTypeError, match=f"^MeanSquaredError: target {missing}"):
        SQUARED(PRED, column)
    with pytest.raises(fl.DTypeError, match=f"^MeanSquaredError: pred {missing}"):
        SQUARED(column, PRED)
    with pytest.raises(fl.DTypeError, match=f"sample_weight {missing}"):
        SQUARED(PRED, PRED, sample_weight=column)
    with pytest.raises(fl.DTypeError, match=r"target has missing .*, wanted: integer class labels"):
        LABELS(LOGITS, column)
    with pytest.raises(fl.DTypeError, match=f"labels {missing}"):
        fl.balanced_class_weight(column, 2)
    with pytest.raises(fl.DTypeError, match="missing"):  # in a list of columns, too
        SQUARED([PRED], [column])


CATEGORIES = {
    "Arrow": lambda x: pa.array(x).dictionary_encode(),
    "Arrow, chunked": lambda x: pa.chunked_array([pa.array(x).dictionary_encode()]),
    "pandas": lambda x: pd.Series(x, dtype="category"),
    "pandas, array": pd.Categorical,
    "pandas, index": pd.CategoricalIndex,
    "pandas, on Arrow": lambda x: pd.Series(
        pd.arrays.ArrowExtensionArray(pa.array(x).dictionary_encode())
    ),
    "polars": lambda x: pl.Series([str(c) for c in x], dtype=pl.Categorical),
    "polars, enum": lambda x: pl.Series([str(c) for c in x], dtype=pl.Enum(sorted({*map(str, x)}))),
}


@pytest.mark.parametrize("make", CATEGORIES.values(), ids=CATEGORIES)
@pytest.mark.parametrize("values", [[5, 7, 5], ["cat", "dog", "cat"]], ids=["numbers", "names"])
def test_categories_are_refused_even_where_they_are_numbers(make, values):
    for column in (make(values), make([*values[:2], values[0]])):
        with pytest.raises(fl.DTypeError, match=r"^Mean\w+: target is categorical, .*\.cat\.codes"):
            SQUARED(PRED, column)
        with pytest.raises(fl.DTypeError, match="wanted: integer class labels; pass its codes"):
            LABELS(LOGITS, column)


def test_the_codes_that_the_message_names_are_taken():
    names = ["cat", "dog", "cat"]
    codes = [0, 1, 0]
    assert LABELS(LOGITS, pd.Series(names, dtype="category").cat.codes) == LABELS(LOGITS, codes)
    assert LABELS(LOGITS, pa.array(names).dictionary_encode().indices) == LABELS(LOGITS, codes)
    enum = pl.Series(names, dtype=pl.Enum(["cat", "dog"]))
    assert LABELS(LOGITS, enum.to_physical()) == LABELS(LOGITS, codes)


def test_not_a_number_is_a_number():
    for column in (
        pa.array([1.0, np.nan, 1.0]),
        pd.Series([1.0, np.nan, 1.0]),
        pl.Series([1.0, np.nan, 1.0]),
    ):
        assert np.isnan(SQUARED(PRED, column))


@pytest.mark.parametrize(
    ("column", "dtype"),
    [
        (pa.array(["a", "b", "c"]), "string"),
        (pa.array([[1.0], [2.0], [3.0]]), "list<item: double>"),
        (pd.Series(["a", "b", "c"], dtype="string"), "string"),
        (pl.Series(["a", "b", "c"]), "String"),
        (pd.Series([1, 0, 1], dtype=object), "object"),
        (pd.Series(pd.to_datetime(["2020-01-01"] * 3)), "datetime64"),
    ],
    ids=str,
)
def test_other_types_are_refused_by_their_own_name(column, dtype):
    with pytest.raises(fl.DTypeError, match=f"target has dtype {dtype}.*, wanted: integers, bool"):
        SQUARED(PRED, column)


FRAMES = {
    "Arrow": lambda x: pa.table(x),
    "Arrow, batch": lambda x: pa.RecordBatch.from_pydict(x),
    "pandas": lambda x: pd.DataFrame(x).astype({"a": "Float64", "b": "Float64", "c": "boolean"}),
    "polars": lambda x: pl.DataFrame(x),
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_frames_are_columns_side_by_side(make):
    data = {"a": [1.0, 0.0], "b": [0.0, 0.5], "c": [False, True]}
    pred = np.array([[0.5, 1.0, 2.0], [3.0, 4.0, 5.0]])
    plain = np.stack([np.array(x, float) for x in data.values()], axis=1)
    assert SQUARED(pred, make(data)) == SQUARED(pred, plain)
    for name in data:
        spoilt = {**data, name: [data[name][0], None]}
        with pytest.raises(fl.DTypeError, match=r"target has missing values \(1 of 2\)"):
            SQUARED(pred, make(spoilt))


def test_plain_frames_and_columns_are_read_where_they_lie():
    room = np.linspace(0.0, 1.0, 6)
    frame = pd.DataFrame(room.reshape(3, 2), copy=False)
    assert SQUARED(frame, np.zeros((3, 2))) == SQUARED(room, np.zeros(6))
    for column in (pd.Series(room, copy=False), pl.Series(room), pa.array(room)):
        assert SQUARED(column, np.zeros(6)) == SQUARED(room, np.zeros(6))


def test_scalars_of_arrow():
    assert SQUARED(pa.scalar(2.0), pa.scalar(1)) == 1.0
    with pytest.raises(fl.DTypeError, match="target has dtype object and holds None"):
        SQUARED(1.0, pa.scalar(None, pa.float64()))
    loss = fl.CategoricalCrossEntropy(class_weight=pa.array([1.0, 2.0]))
    assert loss.class_weight == (1.0, 2.0)
    with pytest.raises(fl.ParameterError, match="class_weight"):
        fl.CategoricalCrossEntropy(class_weight=pa.array([1.0, None]))


def test_integers_without_a_column_are_numbers_and_with_one_are_integers():
    """A list has no type and becomes float64; whatever has one keeps it."""
    assert SQUARED([1, 2, 3], [0, 0, 0]) == SQUARED(range(1, 4), [0, 0, 0]) == 14 / 3
    for integers in (np.arange(3), memoryview(np.arange(3)), pd.Series([0, 1, 2])):
        with pytest.raises(fl.DTypeError, match="pred has dtype int64, wanted: float16"):
            SQUARED(integers, [0, 0, 0])


DECIMALS = [Decimal(1), Decimal(0), Decimal(1)]
LISTS = [[0.5, 1.0], [2.0, -1.0], [0.0, 1.5]]
COLUMNS_OF_DECIMALS = {
    "Arrow": pa.array(DECIMALS),
    "Arrow, chunked": pa.chunked_array([DECIMALS[:2], DECIMALS[2:]]),
    "pandas": pd.Series(DECIMALS),
    "pandas, on Arrow": pd.Series(DECIMALS, dtype=pd.ArrowDtype(pa.decimal128(5, 2))),
    "polars": pl.Series(DECIMALS),
    "polars, frame": pl.DataFrame({"a": DECIMALS}),
    "array": np.array(DECIMALS),
    "list": DECIMALS,
}
COLUMNS_OF_LISTS = {
    "Arrow": pa.array(LISTS),
    "Arrow, fixed": pa.array(LISTS, pa.list_(pa.float64(), 2)),
    "Arrow, chunked": pa.chunked_array([LISTS[:1], LISTS[1:]]),
    "pandas": pd.Series(LISTS),
    "pandas, on Arrow": pd.Series(LISTS, dtype=pd.ArrowDtype(pa.list_(pa.float64()))),
    "polars": pl.Series(LISTS),
}


def advice(loss, *inputs):
    with pytest.raises(fl.DTypeError) as caught:
        loss(*inputs)
    return str(caught.value).rpartition("; ")[2]


@pytest.mark.parametrize("column", COLUMNS_OF_DECIMALS.values(), ids=COLUMNS_OF_DECIMALS)
def test_decimals_become_numbers_as_they_are_told_to(column):
    pred = np.array(PRED).reshape(np.shape(column))
    for loss, first, plain in ((SQUARED, pred, [1.0, 0.0, 1.0]), (LABELS, LOGITS, [1, 0, 1])):
        if loss is LABELS and len(np.shape(column)) > 1:
            continue
        told = advice(loss, first, column)
        if "its astype" in told:
            numbers = column.astype("int64" if loss is LABELS else "float64")
        else:
            numbers = eval(told.removesuffix(" makes numbers"), {"target": column, "np": np})
        assert loss(first, numbers) == loss(first, np.reshape(plain, np.shape(column)))


def test_a_table_of_decimals_is_cast_by_its_columns():
    table = pa.table({"a": DECIMALS, "b": DECIMALS})
    assert advice(SQUARED, table, np.zeros((3, 2))) == "cast its columns to float64"
    schema = pa.schema([("a", "float64"), ("b", "float64")])
    assert SQUARED(table.cast(schema), np.zeros((3, 2))) == 2 / 3


@pytest.mark.parametrize("column", COLUMNS_OF_LISTS.values(), ids=COLUMNS_OF_LISTS)
def test_lists_become_an_array_as_they_are_told_to(column):
    told = advice(SQUARED, column, np.zeros((3, 2)))
    numbers = told.removeprefix("of lists of one length ").removesuffix(" makes numbers")
    found = SQUARED(eval(numbers, {"pred": column, "np": np}), np.zeros((3, 2)))
    assert found == SQUARED(LISTS, np.zeros((3, 2)))


def test_frames_of_lists_and_other_objects():
    frame = pl.DataFrame({"a": LISTS})
    assert advice(SQUARED, frame, np.zeros((3, 1))) == "a column of lists is an array by itself"
    for column in (pl.Series([b"a"]), np.array([object()])):
        with pytest.raises(fl.DTypeError, match=r"wanted: float16, bfloat16, float32 or float64$"):
            SQUARED(column, [1.0])
