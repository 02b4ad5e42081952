"""What the core reads and writes beside NumPy arrays: tensors through DLPack, and buffers."""

import array
import gc
import sys
import threading
import weakref

import fastloss as fl
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")

HUBER = fl.Huber(delta=0.7)
PRED = np.linspace(-2, 2, 24).reshape(4, 6)
TARGET = np.cos(PRED * 3)
REALS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
OTHERS = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, *REALS]
WITH_C_API = hasattr(torch.Tensor, "__dlpack_c_exchange_api__")


class Producer:
    """A tensor of a framework that speaks DLPack through its method alone."""

    def __init__(self, tensor, *, version="both", device=None):
        self.tensor, self.version, self.device = tensor, version, device
        self.asked = []

    def __dlpack_device__(self):
        return self.device or self.tensor.__dlpack_device__()

    def __dlpack__(self, **keywords):
        self.asked.append(keywords)
        if self.version == "old" and keywords:
            raise TypeError("__dlpack__() got an unexpected keyword argument")
        if self.version == "versioned":
            return self.tensor.__dlpack__(max_version=(1, 0))
        return self.tensor.__dlpack__(**keywords)


def torch_of(values, dtype=torch.float64):
    return torch.tensor(values).to(dtype)


@pytest.mark.parametrize("wrap", [lambda t: t, Producer], ids=["C functions", "__dlpack__"])
@pytest.mark.parametrize("dtype", REALS, ids=str)
def test_tensors_of_every_real_type_and_any_strides(wrap, dtype):
    pred, target = torch_of(PRED, dtype), torch_of(TARGET, dtype)
    views = [lambda t: t, lambda t: t.T, lambda t: t[1::2, ::3], lambda t: t[2], lambda t: t[1, 1]]
    for view in [*views, lambda t: t[:, :1].expand(4, 6), lambda t: t[:0]]:
        a, b = view(pred), view(target)
        exact = HUBER.value_and_grad(a.double().numpy(), b.double().numpy(), reduction="sum")
        value, grad = HUBER.value_and_grad(wrap(a), wrap(b), reduction="sum")
        eps = torch.finfo(dtype).eps
        assert value == pytest.approx(
            exact[0], rel=4 * max(eps, 2**-52) if dtype in REALS[2:] else 1e-6
        )
        assert grad.shape == tuple(a.shape)
        assert grad.dtype.name == str(dtype).removeprefix("torch.")
        np.testing.assert_allclose(grad.astype(float), exact[1], rtol=2 * eps, atol=eps / 8)


@pytest.mark.parametrize("wrap", [lambda t: t, Producer], ids=["C functions", "__dlpack__"])
@pytest.mark.parametrize("dtype", OTHERS, ids=str)
def test_targets_and_weights_of_every_type(wrap, dtype):
    labels = torch.tensor([1, 0, 1, 1]).to(dtype)
    plain = labels.double().numpy()
    pred = np.array([0.5, 0.25, 1.5, -2.0])
    assert HUBER(pred, wrap(labels)) == HUBER(pred, plain)
    assert HUBER(pred, plain, sample_weight=wrap(labels)) == HUBER(pred, plain, sample_weight=plain)


@pytest.mark.parametrize("version", ["both", "old", "versioned"])
def test_every_version_of_the_method(version):
    pred = Producer(torch_of(PRED), version=version)
    assert HUBER(pred, TARGET) == HUBER(PRED, TARGET)
    assert pred.asked[0]["max_version"][0] == 1
    assert len(pred.asked) == (2 if version == "old" else 1)
    out = torch.empty(4, 6, dtype=torch.float64)
    assert HUBER.grad(PRED, TARGET, out=Producer(out, version=version)).tensor is out
    np.testing.assert_array_equal(out.numpy(), HUBER.grad(PRED, TARGET))


def test_outputs_are_tensors():
    pred, target = torch_of(PRED, torch.bfloat16), torch_of(TARGET, torch.bfloat16)
    grad, terms = torch.empty(6, 4, dtype=torch.bfloat16).T, torch.empty(4, 6, dtype=torch.bfloat16)
    result = HUBER.value_and_grad(pred, target, reduction="none", out=(terms, grad))
    assert result[0] is terms
    assert result[1] is grad
    expected = HUBER.value_and_grad(pred, target, reduction="none")
    for found, wanted in zip((terms, grad), expected, strict=True):
        np.testing.assert_array_equal(found.float().numpy(), wanted.astype(np.float32))
    value = torch.empty((), dtype=torch.float64)
    assert HUBER(pred, target, out=value).item() == HUBER(pred, target)


def test_read_only_producers():
    class ReadOnly:
        def __init__(self, values):
            self.values = values

        def __dlpack__(self, **keywords):
            return self.values.__dlpack__(**keywords)

        def __dlpack_device__(self):
            return self.values.__dlpack_device__()

    frozen = PRED.copy()
    frozen.flags.writeable = False
    assert HUBER(ReadOnly(frozen), TARGET) == HUBER(PRED, TARGET)
    with pytest.raises(fl.ParameterError, match="Huber: out is read-only"):
        HUBER.grad(PRED, TARGET, out=ReadOnly(frozen))
    assert HUBER.grad(PRED, TARGET, out=ReadOnly(PRED.copy())) is not None


def test_tensors_that_require_grad():
    for tensor in (torch_of(PRED).requires_grad_(), torch.nn.Parameter(torch_of(PRED))):
        for wrong in (tensor, tensor * 2):
            with pytest.raises(fl.DTypeError, match=r"fastloss\.torch, or pass tensor\.detach"):
                HUBER(wrong, TARGET)
        with pytest.raises(fl.DTypeError, match="target is a tensor that requires grad"):
            HUBER(PRED, tensor)
        with pytest.raises(fl.DTypeError, match="out is a tensor that requires grad"):
            HUBER.grad(PRED, TARGET, out=tensor)
        with pytest.raises(fl.DTypeError, match=r"cannot be read: .*tensor\.detach"):
            HUBER(Producer(tensor), TARGET)
        assert HUBER(tensor.detach(), TARGET) == HUBER(PRED, TARGET)


def test_other_devices():
    for wrong in (torch.empty(4, 6, device="meta"), Producer(torch_of(PRED), device=(2, 0))):
        with pytest.raises(fl.DeviceError, match="Huber: pred lies on another device"):
            HUBER(wrong, TARGET)
        with pytest.raises(fl.DeviceError, match="out lies on another device"):
            HUBER.grad(PRED, TARGET, out=wrong)
    assert HUBER(Producer(torch_of(PRED), device=(3, 0)), TARGET) == HUBER(PRED, TARGET)  # pinned


@pytest.mark.filterwarnings("ignore:Accessing the data pointer of FakeTensor")
def test_tensors_without_data():
    from torch._subclasses import FakeTensorMode

    with FakeTensorMode():
        fake = torch.empty(4, 6)
    with pytest.raises(fl.DeviceError, match="pred is a tensor without data"):
        HUBER(fake, TARGET)


@pytest.mark.parametrize(
    "wrong",
    [
        torch.eye(4, 6).to_sparse(),
        torch.ones(4, 6, dtype=torch.complex64),
        torch.view_as_complex(torch.ones(4, 6, 2)).conj().imag,
        torch.ones((1,) * 70),
    ],
    ids=["sparse", "complex", "negated", "axes"],
)
def test_tensors_that_are_no_plain_arrays(wrong):
    with pytest.raises(fl.DTypeError) as caught:
        HUBER(wrong, TARGET)
    assert "\n" not in str(caught.value)
    if not wrong.is_neg():  # a sign that __dlpack__ itself does not tell
        with pytest.raises(fl.DTypeError):
            HUBER(Producer(wrong), TARGET)


@pytest.mark.parametrize("answer", [None, 7, (), object()])
def test_producers_that_give_no_capsule(answer):
    class Wrong:
        def __dlpack__(self, **_):
            return answer

    with pytest.raises(fl.DTypeError, match="wanted: a capsule"):
        HUBER(Wrong(), TARGET)


def test_used_capsules_and_failing_producers():
    producer = Producer(torch_of(PRED))
    capsule = producer.tensor.__dlpack__()
    torch.from_dlpack(Producer(producer.tensor))

    class Once:
        def __dlpack__(self, **_):
            return capsule

    assert HUBER(Once(), TARGET) == HUBER(PRED, TARGET)
    torch.utils.dlpack.from_dlpack(capsule)  # takes it over
    with pytest.raises(fl.DTypeError, match="not used yet"):
        HUBER(Once(), TARGET)

    class Failing:
        def __dlpack__(self, **_):
            raise BufferError("out of order\nsecond line")

    with pytest.raises(fl.DTypeError, match=r"cannot be read: out of order$"):
        HUBER(Failing(), TARGET)


def test_types_without_or_with_a_broken_c_api():
    class Broken(Producer):
        __dlpack_c_exchange_api__ = "no capsule"

    assert HUBER(Broken(torch_of(PRED)), TARGET) == HUBER(PRED, TARGET)


@pytest.mark.skipif(not WITH_C_API, reason="this PyTorch has no C exchange API")
def test_the_c_api_is_used_where_there_is_one(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("__dlpack__ was called")

    pred = torch_of(PRED)
    monkeypatch.setattr(torch.Tensor, "__dlpack__", refuse)
    assert HUBER(pred, TARGET) == HUBER(PRED, TARGET)

    class Mine(torch.Tensor):
        pass

    assert HUBER(pred.as_subclass(Mine), TARGET) == HUBER(PRED, TARGET)


def test_types_come_and_go():
    for _ in range(300):

        class Without(Producer):
            pass

        class With(torch.Tensor):
            pass

        assert HUBER(torch_of(PRED).as_subclass(With), Without(torch_of(TARGET))) > 0
        del Without, With
        gc.collect(0)


def test_nothing_is_kept():
    pred, producer = torch_of(PRED), Producer(torch_of(TARGET))
    before = sys.getrefcount(pred)
    grad = torch.empty_like(pred)
    for _ in range(50):
        HUBER.value_and_grad(pred, producer, out=grad)
    assert sys.getrefcount(pred) == before
    gone = weakref.ref(producer)
    del producer
    assert gone() is None


def test_many_threads():
    wanted = HUBER(PRED, TARGET)
    found = []

    def work():
        pred, target = torch_of(PRED), Producer(torch_of(TARGET))
        found.extend(HUBER(pred, target) for _ in range(200))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 800


def test_buffers():
    flat = PRED.ravel()
    wanted = HUBER(flat, TARGET.ravel())
    assert HUBER(array.array("d", flat), memoryview(TARGET.ravel())) == wanted
    assert HUBER(memoryview(PRED)[::2], TARGET[::2]) == HUBER(PRED[::2], TARGET[::2])
    labels = array.array("b", [1, 0, 1])
    assert HUBER([0.5, 1.0, 2.0], labels) == HUBER([0.5, 1.0, 2.0], [1, 0, 1])
    weights = bytearray([1, 2, 3])
    assert HUBER([0.5, 1.0, 2.0], labels, sample_weight=weights) == HUBER(
        [0.5, 1.0, 2.0], labels, sample_weight=[1, 2, 3]
    )


def test_subclasses_of_arrays(tmp_path):
    class Mine(np.ndarray):
        pass

    mapped = np.memmap(tmp_path / "pred", dtype=np.float64, mode="w+", shape=PRED.shape)
    mapped[:] = PRED
    for pred in (PRED.view(Mine), mapped):
        assert HUBER(pred, TARGET) == HUBER(PRED, TARGET)


def test_bfloat16_of_ml_dtypes_and_of_torch_are_the_same():
    array16 = PRED.astype(ml_dtypes.bfloat16)
    tensor = torch_of(PRED, torch.bfloat16)
    value, grad = HUBER.value_and_grad(array16, TARGET)
    assert HUBER(tensor, TARGET) == value
    out = torch.empty_like(tensor)
    HUBER.grad(tensor, TARGET, out=out)
    assert grad.dtype == ml_dtypes.bfloat16
    np.testing.assert_array_equal(out.view(torch.uint16).numpy(), grad.view(np.uint16))
