# The kernel sources, compiled once per ISA. Only these flags decide what the compiler may do with the
# mathematics: no fast-math, no contraction; -fopenmp-simd reads the simd pragmas and no others.
set(FASTLOSS_KERNEL_FLAGS
    $<$<NOT:$<CONFIG:Debug>>:-O3> -fno-math-errno -fno-trapping-math -ffp-contract=off -fopenmp-simd -fno-exceptions -fno-rtti
    -fno-asynchronous-unwind-tables -fno-lto)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  set(FASTLOSS_ISAS baseline avx2 avx512)
  set(FASTLOSS_FLAGS_baseline -march=x86-64)
  set(FASTLOSS_FLAGS_avx2 -march=x86-64-v3)
  set(FASTLOSS_FLAGS_avx512 -march=x86-64-v4 -mprefer-vector-width=512)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(FASTLOSS_ISAS neon)
  set(FASTLOSS_FLAGS_neon "")
else()
  set(FASTLOSS_ISAS baseline)
  set(FASTLOSS_FLAGS_baseline "")
endif()

# fastloss_add_kernels(<source>...): compiles the sources once per ISA; FASTLOSS_KERNEL_OBJECTS are their objects.
function(fastloss_add_kernels)
  foreach(isa IN LISTS FASTLOSS_ISAS)
    set(objects fastloss_kernels_${isa})
    add_library(${objects} OBJECT EXCLUDE_FROM_ALL ${ARGN})
    target_include_directories(${objects} PRIVATE ${PROJECT_SOURCE_DIR}/cpp/src ${PROJECT_SOURCE_DIR}/cpp/include)
    target_compile_features(${objects} PRIVATE cxx_std_20)
    target_compile_definitions(${objects} PRIVATE FASTLOSS_ISA=${isa})
    target_compile_options(${objects} PRIVATE ${FASTLOSS_KERNEL_FLAGS} ${FASTLOSS_FLAGS_${isa}} ${FASTLOSS_WARNINGS})
    set_target_properties(${objects} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden
                                                VISIBILITY_INLINES_HIDDEN ON INTERPROCEDURAL_OPTIMIZATION OFF)
    list(APPEND all $<TARGET_OBJECTS:${objects}>)
  endforeach()
  set(FASTLOSS_KERNEL_OBJECTS ${all} PARENT_SCOPE)
endfunction()
