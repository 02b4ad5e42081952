"""The ISA wall and the vectoriser, read off the objects that the build makes."""

import functools
import re

import pytest

from tests.conftest import needs, run

pytestmark = needs("cmake", "ninja", "nm", "objdump", "c++")

# What a kernel may ask of others: memory moves, and fma itself where the CPU has none.
WANTED = re.compile(r"^(mem(cpy|set|move)|fmaf?|_GLOBAL_OFFSET_TABLE_)$")


@pytest.fixture(scope="module")
def objects(build):
    found = sorted(build.glob("CMakeFiles/fastloss_kernels_*.dir/**/*.o"))
    assert found
    return found


def isa_of(path):
    return re.search(r"fastloss_kernels_(\w+)\.dir", str(path)).group(1)


def test_kernel_objects_define_nothing_the_linker_could_mix_up(objects):
    for path in objects:
        isa = isa_of(path)
        for line in run("nm", path).splitlines():
            kind, name = line.split()[-2:]
            if kind == "U":
                allowed = WANTED.match(name) and (not name.startswith("fma") or isa == "baseline")
                assert allowed, f"{path.name} ({isa}) needs {name}"
            elif kind not in "tdrbn":
                assert kind in "TRD", f"{path.name} ({isa}): weak symbol {name}"
                assert isa in name, f"{path.name} ({isa}) exports {name}"


@functools.cache
def functions(path):
    """Demangled name -> instructions of every function of an object."""
    text = run("objdump", "-dC", "--no-show-raw-insn", path)
    return {
        name: body
        for name, body in re.findall(r"^[0-9a-f]+ <(.+?)>:\n(.*?)(?=^\s*$|\Z)", text, re.M | re.S)
    }


ARITHMETIC = r"v(?:add|sub|mul|div|fn?m(?:add|sub)\d+|max|min)"
PACKED = re.compile(rf"\b{ARITHMETIC}p[sd]\s.*")
# Walks the rows of a group; what it does along a row is in functions of their own.
DRIVER = re.compile(r"::(?:dense|bent)<")
SCALAR = re.compile(rf"\b{ARITHMETIC}s[sd]\s")


def looped(body):
    """What can run more than once: the instructions that can be reached from themselves."""
    lines = [line.split(":", 1) for line in body.splitlines() if ":" in line]
    place = {int(address, 16): k for k, (address, _) in enumerate(lines)}
    jumps = [re.match(r"\s*(?:notrack )?(j\w+)\s+([0-9a-f]+)\b", text) for _, text in lines]
    targets = {k: place[int(jump[2], 16)] for k, jump in enumerate(jumps) if jump}
    heads = sorted({0, *targets.values(), *(k + 1 for k in targets)} - {len(lines)})
    after = dict(zip(heads, [*heads[1:], len(lines)], strict=True))
    ways = {}  # from a block to the next ones
    for head, end in after.items():
        last = end - 1
        falls = not re.match(r"\s*(jmp|ret)", lines[last][1]) and end < len(lines)
        ways[head] = {targets[last]} if last in targets else set()
        ways[head] |= {end} if falls else set()
    for head in heads:
        seen, pending = set(), [head]
        while pending:
            fresh = ways[pending.pop()] - seen
            seen |= fresh
            pending += fresh
        if head in seen:
            yield from (text for _, text in lines[head : after[head]])


@pytest.mark.parametrize(("isa", "register"), [("avx2", "ymm"), ("avx512", "zmm")])
def test_every_kernel_is_vectorised(objects, isa, register):
    checked = 0
    for path in objects:
        if isa_of(path) != isa or path.name == "passes.cpp.o":
            continue
        for name, body in functions(path).items():
            packed = PACKED.findall(body)
            if DRIVER.search(name) or not (packed or SCALAR.search(body)):
                continue
            checked += 1
            where = f"{path.parent.name}: {name}"
            assert any(register in line for line in packed), f"{where} uses no {register}"
            if "map_run" in name:
                loop = "\n".join(looped(body))
                assert register in loop, f"{where} has no loop in {register}"
                scalar, packed = len(SCALAR.findall(loop)), len(PACKED.findall(loop))
                # a constant that is computed again rather than kept in a register is no scalar loop
                assert 100 * scalar < packed, f"{where}: {scalar} scalar, {packed} packed in loops"
    if not any(isa_of(path) == isa for path in objects):
        pytest.skip(f"this machine's build has no {isa} tier")
    assert checked > 50
