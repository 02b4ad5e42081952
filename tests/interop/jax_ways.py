"""Both ways from JAX to the kernels; the one that was not built is skipped."""

import fastloss.jax
import pytest

BUILT = fastloss.jax.backend()  # which also makes the FFI handler known to XLA
needs_ffi = pytest.mark.skipif(
    BUILT != "ffi", reason="fastloss was built where JAX was not: no FFI module"
)
WAYS = ["callback", pytest.param("ffi", marks=needs_ffi)]
