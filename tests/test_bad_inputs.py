"""Bad inputs for every input of every loss: what is missing or surplus, and numbers just beyond.

Errors are of the documented type, name the loss, the argument and the place, and what is refused
before the first number is read leaves the outputs as they were.
"""

import inspect
import re

import fastloss as fl
import numpy as np
import pytest

from tests import cases

PLAIN = [cases.Case(name) for name in cases.ROWS]
REALS = (np.float16, np.float32, np.float64)
LEAD = (4, 3)


def arguments(found):
    return [
        pytest.param(case, k, name, id=f"{case}-{name}")
        for case in found
        for k, name in enumerate(case.row["inputs"])
    ]


def of_each_domain():
    """Return every loss once for each set of domains that its parameters give its inputs."""
    found = {}
    for case in (c for name in cases.ROWS for c in cases.of(name, cases.plain_variants(name))):
        words = [cases.domain_for(case, x) for x in case.row["arguments"]]
        found.setdefault((case.name, *words), case)
    return list(found.values())


def filled(x):
    return np.full(x.shape, 7, x.dtype)


def methods(case, inputs):
    """Return the methods with outputs for them: (method, out, the arrays of out)."""
    grads = [filled(x) for x in inputs[: case.row["differentiable"]]]
    hessians = [filled(x) for x in grads]
    value = np.full((), 7.0)

    def packed(arrays):
        return tuple(arrays) if len(arrays) > 1 else arrays[0]

    found = [
        (case.loss, value, [value]),
        (case.loss.grad, packed(grads), grads),
        (case.loss.value_and_grad, packed(grads), grads),
    ]
    if case.row["hessian"]:
        both = (packed(grads), packed(hessians))
        found.append((case.loss.grad_and_hess, both, grads + hessians))
    return found


def refused(case, error, words, good, given, named=None, untouched=True):
    """Check that no method takes these inputs, and that each says all the words."""
    for call, out, arrays in methods(case, good):
        with pytest.raises(error) as caught:
            call(*given, **(named or {}), out=out)
        assert isinstance(caught.value, fl.FastlossError) or error is TypeError
        message = str(caught.value)
        assert message.startswith(case.row["class_name"] + ": ")
        for word in words:
            assert word in message, f"{word!r} is not in {message!r}"
        assert not untouched or all((x == 7).all() for x in arrays)


def replaced(inputs, k, x):
    return [x if i == k else y for i, y in enumerate(inputs)]


@pytest.mark.parametrize(("case", "k", "name"), arguments(PLAIN))
def test_missing_surplus_and_twice(case, k, name):
    inputs, names = cases.draw(case, LEAD), case.row["inputs"]
    takes = f"it takes {', '.join(names)}"
    named = dict(zip(names, inputs, strict=True))
    without = {key: x for key, x in named.items() if key != name}
    refused(case, TypeError, [f"{name} missing; {takes}"], inputs, [], without)
    missing = f"{', '.join(names[k:])} missing; {takes}"
    refused(case, TypeError, [missing], inputs, inputs[:k])
    mixed = {key: x for key, x in without.items() if key in names[k:]}
    refused(case, TypeError, [f"{name} missing; {takes}"], inputs, inputs[:k], mixed)
    twice = f"{name} was given twice; {takes}"
    refused(case, TypeError, [twice], inputs, inputs, {name: inputs[k]})
    surplus = f"{len(inputs) + 1} arrays were given; {takes}"
    refused(case, TypeError, [surplus], inputs, [*inputs, inputs[k]])
    for wrong in (name + "_", name.upper(), "x"):
        word = f"there is no argument '{wrong}'"
        refused(case, TypeError, [word], inputs, [], {**named, wrong: inputs[k]})
        refused(case, TypeError, [word], inputs, [], {**without, wrong: inputs[k]})


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_a_stream_names_what_is_missing_as_a_call_does(case):
    inputs, names = cases.draw(case, LEAD), case.row["inputs"]
    stream = case.loss.stream()
    title, takes = case.row["class_name"], f"it takes {', '.join(names)}"
    with pytest.raises(TypeError, match=f"^{title}.*{names[-1]} missing; {takes}"):
        stream.update(*inputs[:-1])
    with pytest.raises(TypeError, match=f"^{title}.*{len(inputs) + 1} arrays were given; {takes}"):
        stream.update(*inputs, inputs[0])
    with pytest.raises(TypeError, match=f"^{title}.*{names[0]} was given twice; {takes}"):
        stream.update(*inputs, **{names[0]: inputs[0]})
    stream.update(*inputs)
    assert stream.value == case.loss(*inputs)  # nothing was added before


@pytest.mark.parametrize(("case", "k", "name"), arguments(PLAIN))
def test_what_does_not_add_up_leaves_the_outputs(case, k, name):
    inputs = cases.draw(case, LEAD)
    x = inputs[k]
    longer = np.concatenate([x, x[:1]])
    for y in (longer, x[:-1], x[None], x[..., None], x[0], x.swapaxes(0, -1)):
        if y.shape == x.shape:
            continue
        where = [name] if k > 0 else []
        refused(
            case, fl.ShapeError, [*where, "shape", str(y.shape)], inputs, replaced(inputs, k, y)
        )
    refused(case, fl.DTypeError, [name, "complex"], inputs, replaced(inputs, k, x.astype(complex)))


def ends_of(words):
    """Return the ends of a domain: (end, towards its outside, whether it is left out)."""
    if " or " in words:
        return [(end, out, False) for end in cases.domain_of(words) for out in (-np.inf, np.inf)]
    bounds = re.match(r"([\[(])(\S+), (\S+)([\])])$", words)
    if bounds:
        low, high = float(bounds[2]), float(bounds[3])
        return [(low, -np.inf, bounds[1] == "("), (high, np.inf, bounds[4] == ")")]
    above = re.search(r"(>=?) (\S+)$", words)
    return [(float(above[2]), -np.inf, above[1] == ">")] if above else []


def beyond(words, dtype):
    """Return numbers that lie beyond a domain by as little as the type has, and within it."""
    wrong, right = [], []
    for number, out, left_out in ends_of(words):
        end = dtype(number)
        assert float(end) == number, "an end that is no half needs a rounding here"
        wrong.append(end if left_out else np.nextafter(end, dtype(out)))
        right.append(np.nextafter(end, dtype(-out)) if left_out else end)
        if number == 0:  # of either sign
            (wrong if left_out else right).append(-end)
    if "finite" in words:
        wrong.append(dtype(np.inf))
        right.append(np.finfo(dtype).max)
    return wrong, right


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize(("case", "k", "name"), arguments(of_each_domain()))
def test_just_beyond_a_domain(case, k, name, dtype):
    argument = case.row["arguments"][k]
    if argument["role"] == "labels":
        return
    good = [x.astype(dtype) if x.dtype.kind == "f" else x for x in cases.draw(case, LEAD)]
    place = tuple(n - 1 for n in good[k].shape)
    where = f"{name}[{', '.join(map(str, place))}] is "
    wrong, right = beyond(cases.domain_for(case, argument), dtype)
    for number in wrong:
        for kind in {dtype, np.float64} if k >= case.row["differentiable"] else {dtype}:
            y = good[k].astype(kind)
            y[place] = number
            words = [where, "wanted"]
            refused(case, fl.DomainError, words, good, replaced(good, k, y), untouched=False)
            with pytest.raises(fl.DomainError) as caught:
                case.loss(*replaced(good, k, y))
            told = re.search(r" is (\S+), wanted", str(caught.value))[1]
            assert np.array(told, dtype) == number
    for number in right:
        given = [x.copy() for x in good]
        given[k][place] = number
        case.loss.value_and_grad(*cases.put_in_order(case.row, given))


@pytest.mark.parametrize("case", [c for c in PLAIN if not c.row["labels"]], ids=str)
def test_beyond_a_domain_in_double_alone(case):
    """A float64 that is the end once rounded to pred's type is beyond it all the same."""
    for k, argument in enumerate(case.row["arguments"]):
        if k < case.row["differentiable"]:
            continue
        for dtype in REALS:
            good = [x.astype(dtype) for x in cases.draw(case, LEAD)]
            for number in beyond(cases.domain_for(case, argument), np.float64)[0]:
                y = good[k].astype(np.float64)
                y.flat[-1] = number
                with pytest.raises(fl.DomainError, match=rf"{argument['name']}\["):
                    case.loss(*replaced(good, k, y))


def numbers_of(row):
    """Return where every number of a term is: (input, its place along the last axis or None)."""
    return [
        (k, entry)
        for k, argument in enumerate(row["arguments"])
        for entry in (range(4) if argument["shape"].endswith("4") else (None,))
    ]


def orders():
    return [
        pytest.param(case, *order, id=f"{case}-{order[0]}-{order[1]}")
        for case in PLAIN
        for order in case.row["ordered"]
    ]


@pytest.mark.parametrize(("case", "smaller", "larger"), orders())
def test_two_numbers_that_are_not_in_order(case, smaller, larger):
    """By as little as their type has, whatever the type of the prediction."""
    names, places = case.row["inputs"], numbers_of(case.row)
    (a, entry), (b, other) = places[smaller], places[larger]

    def at(k, entry):
        index = (2, 1) if entry is None else (2, 1, entry)
        return index, f"{names[k]}[{', '.join(map(str, index))}]"

    (first, one), (second, two) = at(a, entry), at(b, other)
    for dtype in REALS:
        for kind in {dtype, np.float64}:
            good = [x.astype(dtype) for x in cases.draw(case, LEAD)]
            given = [x.astype(kind) if k in (a, b) else x for k, x in enumerate(good)]
            given[a][first] = given[b][second]
            case.loss(*given)  # as large as the other
            given[a][first] = np.nextafter(given[b][second], kind(np.inf))
            words = [f"{one} is ", f"larger than {two}"]
            refused(case, fl.DomainError, words, good, given, untouched=False)


LABELS = [c for c in PLAIN if c.row["labels"]]


@pytest.mark.parametrize("case", LABELS, ids=str)
def test_labels_of_64_bits_and_of_one(case):
    """A label is no class because its lower bits are one; True is 1, which one class has not."""
    pred, target = cases.draw(case, (7,), classes=5)
    name = case.row["inputs"][1]
    for wrong in (5, -1, 2**32 + 1, -(2**32) + 1, 2**63 - 5, -(2**63), -(2**63) + 1, 2**8 + 1):
        given = target.astype(np.int64)
        given[3] = wrong
        words = [f"{name}[3] is {wrong}, ", "an integer in [0, 5)"]
        refused(case, fl.LabelError, words, [pred, target], [pred, given], untouched=False)
    given = target.astype(np.uint64)
    given[3] = 2**63 + 1
    words = [f"{name}[3] is {2**63 + 1}, "]
    refused(case, fl.LabelError, words, [pred, target], [pred, given], untouched=False)
    two, _ = cases.draw(case, (7,), classes=2)
    flags = target % 2 == 1
    assert case.loss(two, flags) == case.loss(two, flags.astype(np.int64))
    one, zeros = cases.draw(case, (7,), classes=1)
    flags = zeros == 1
    case.loss(one, flags)
    flags[3] = True
    words = [f"{name}[3] is 1, ", "1 classes"]
    refused(case, fl.LabelError, words, [one, zeros], [one, flags], untouched=False)
    for dtype in REALS:
        words = [f"{name} has dtype {np.dtype(dtype)}", "integer class labels"]
        given = [pred, target.astype(dtype)]
        refused(case, fl.DTypeError, words, [pred, target], given)


def words():
    """Return every parameter that is a word, with the words that it knows."""
    return [
        pytest.param(row, p["name"], re.findall(r"'([^']*)'", p["range"]), id=f"{name}-{p['name']}")
        for name, row in cases.ROWS.items()
        for p in row["parameters"]
        if p["kind"] == "choice"
    ]


@pytest.mark.parametrize(("row", "name", "known"), words())
def test_an_unknown_word(row, name, known):
    """It is told with the words that there are; nothing is read into what is nearly one."""
    nearly = [w for k in known for w in (k + " ", " " + k, k[:-1], k + k, k + "\0", k.swapcase())]
    for wrong in ("", "nonsense", "|".join(known), "None", *nearly):
        if wrong in known:
            continue
        for make in (getattr(fl, row["class_name"]), lambda **p: fl.get(row["name"], **p)):
            with pytest.raises(fl.ParameterError) as caught:
                make(**{name: wrong})
            message = str(caught.value)
            assert message.startswith(f"{row['class_name']}: {name} is ")
            assert all(f"'{word}'" in message for word in known)


def test_every_input_is_tried():
    """The definitions say of all losses what is tried here, so a new one needs no line."""
    assert {c.name for c in PLAIN} == set(fl.losses())
    for case in PLAIN:
        positional = list(inspect.signature(case.loss.grad).parameters)
        assert positional[: len(case.row["inputs"])] == case.row["inputs"]
