"""What fifty more losses would cost: ``python -m bench.growth [ISA...]``.

Copies of one middling loss, cross-entropy from logits with every option, are compiled in families
of ten, as the kernels are. CPU seconds and bytes of code are counted, which hold on a busy
machine. A wheel has 0.42 to 0.44 of the code, deflated; copies would deflate to nothing.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLAGS = [
    *("-std=c++20", "-O3", "-fPIC", "-fvisibility=hidden", "-fopenmp-simd", "-ffp-contract=off"),
    *("-fno-math-errno", "-fno-trapping-math", "-fno-exceptions", "-fno-rtti"),
    "-fno-asynchronous-unwind-tables",
]
TIERS = {
    "baseline": ["-march=x86-64"],
    "avx2": ["-march=x86-64-v3"],
    "avx512": ["-march=x86-64-v4", "-mprefer-vector-width=512"],
}
FAMILIES, LOSSES = 5, 10

UNIT = """\
#include "pointwise/binary.h"
#include "pointwise/kernel.h"
namespace fastloss::FASTLOSS_ISA {{
namespace {{
template <class T, int k>
struct Copy : CrossEntropyOfLogit<T, false> {{
  using CrossEntropyOfLogit<T, false>::CrossEntropyOfLogit;
}};
{names}
template <class T>
constexpr Variants<T> table[] = {{{rows}}};
}}  // namespace
Kernels family_{family}() {{ return {{table<float>, table<double>}}; }}
}}  // namespace fastloss::FASTLOSS_ISA
"""


def unit(family: int) -> str:
    """Return the source of a family of copies, each a loss of its own to the compiler."""
    numbers = range(family * LOSSES, (family + 1) * LOSSES)
    names = "\n".join(f"template <class T> using Loss{k} = Copy<T, {k}>;" for k in numbers)
    rows = ", ".join(f"variants<T, Loss{k}>()" for k in numbers)
    return UNIT.format(names=names, rows=rows, family=family)


def cpu_seconds() -> float:
    """Return what the processes that have ended took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compile_family(isa: str, family: int, folder: Path) -> tuple[float, int]:
    """Return the CPU seconds and the bytes of code of a family for one instruction set."""
    source, made = folder / "unit.cpp", folder / "unit.o"
    source.write_text(unit(family))
    options = [*FLAGS, *TIERS[isa], f"-DFASTLOSS_ISA={isa}", f"-I{ROOT}/cpp/src"]
    before = cpu_seconds()
    subprocess.run(["c++", *options, f"-I{ROOT}/cpp/include", "-c", source, "-o", made], check=True)
    took = cpu_seconds() - before
    subprocess.run(["objcopy", "-O", "binary", "-j", ".text*", made], check=True)
    return took, made.stat().st_size


def main(wanted: list[str]) -> None:
    """Compile, count and print a line for each instruction set."""
    seconds = longest = 0.0
    code = 0
    print(f"{FAMILIES * LOSSES} copies of a middling loss, float and double")
    with tempfile.TemporaryDirectory(prefix="fastloss-growth-") as folder:
        for isa in wanted or TIERS:
            families = [compile_family(isa, k, Path(folder)) for k in range(FAMILIES)]
            took, size = (sum(x) for x in zip(*families, strict=True))
            print(f"{isa:10} {took:6.1f} CPU s {size / 1e6:6.2f} MB of code")
            longest = max(longest, *(x for x, _ in families))
            seconds, code = seconds + took, code + int(size)
    print(f"together   {seconds:6.1f} CPU s {code / 1e6:6.2f} MB of code")
    print(f"the longest unit took {longest:.1f} CPU s")


if __name__ == "__main__":
    main(sys.argv[1:])
