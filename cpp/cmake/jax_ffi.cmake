# The module _jax_ffi, by which XLA calls the kernels without Python. Its headers come with jaxlib and are
# not part of this repository: AUTO builds it where the Python of the build has them.
set(FASTLOSS_JAX_FFI AUTO CACHE STRING "build fastloss's XLA FFI module: AUTO, ON or OFF")
if(FASTLOSS_JAX_FFI)
  execute_process(COMMAND ${Python_EXECUTABLE} -c "import jax.ffi; print(jax.ffi.include_dir())"
                  OUTPUT_VARIABLE FASTLOSS_JAX_INCLUDE OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(FASTLOSS_JAX_INCLUDE AND EXISTS "${FASTLOSS_JAX_INCLUDE}/xla/ffi/api/ffi.h")
    message(STATUS "fastloss.jax calls through XLA's FFI: ${FASTLOSS_JAX_INCLUDE}")
    pybind11_add_module(_jax_ffi MODULE NO_EXTRAS cpp/bindings/jax_ffi.cpp)
    target_compile_features(_jax_ffi PRIVATE cxx_std_20)
    target_include_directories(_jax_ffi PRIVATE cpp/include)
    target_include_directories(_jax_ffi SYSTEM PRIVATE ${FASTLOSS_JAX_INCLUDE})
    target_compile_options(_jax_ffi PRIVATE -O2 -fvisibility=hidden ${FASTLOSS_WARNINGS})
    fastloss_export_only(_jax_ffi PyInit__jax_ffi)
    install(TARGETS _jax_ffi DESTINATION .)
  elseif(FASTLOSS_JAX_FFI STREQUAL "AUTO")
    message(STATUS "fastloss.jax calls through jax.pure_callback: ${Python_EXECUTABLE} has no jax")
  else()
    message(FATAL_ERROR "FASTLOSS_JAX_FFI=ON, but ${Python_EXECUTABLE} has no jax with XLA's FFI headers. "
                        "Install jax there and build with pip install --no-build-isolation.")
  endif()
endif()
