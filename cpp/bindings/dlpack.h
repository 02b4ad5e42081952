// The structs of DLPack that a consumer reads, by the layout of its version 1.3; see dmlc/dlpack, dlpack.h.
#pragma once

#include <cstdint>

namespace fastloss::python {

struct DLTensor {
  void* data;
  std::int32_t device_type, device_id, ndim;
  std::uint8_t code, bits;
  std::uint16_t lanes;
  std::int64_t* shape;
  std::int64_t* strides;  // in elements; null: C order
  std::uint64_t byte_offset;
};

struct DLManagedTensor {  // before version 1; the capsule is named "dltensor"
  DLTensor tensor;
  void* context;
  void (*deleter)(DLManagedTensor*);
};

struct DLManagedTensorVersioned {  // the capsule is named "dltensor_versioned"
  static constexpr std::uint64_t read_only = 1;

  std::uint32_t major, minor;
  void* context;
  void (*deleter)(DLManagedTensorVersioned*);
  std::uint64_t flags;
  DLTensor tensor;
};

// Functions that a type of tensors offers to C, in the capsule `type.__dlpack_c_exchange_api__`.
struct DLExchange {
  std::uint32_t major, minor;
  DLExchange* older;
  void* allocate;
  void* managed_from_object;
  void* object_from_managed;
  int (*tensor_from_object)(void* object, DLTensor* out);  // borrows; no synchronisation
  void* current_stream;
};

}  // namespace fastloss::python
