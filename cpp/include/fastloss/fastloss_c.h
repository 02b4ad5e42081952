/* fastloss for C, and for every language that can call C: plain pointers, status codes, no exceptions.
 *
 *   fastloss_parameter delta = FASTLOSS_PARAMETER_INIT;
 *   delta.name = "delta", delta.kind = FASTLOSS_REAL, delta.real = 1.0;
 *   fastloss_loss* huber;
 *   double value;
 *   if (fastloss_loss_create("huber", &delta, 1, &huber) != FASTLOSS_OK ||
 *       fastloss_contiguous(huber, FASTLOSS_FLOAT32, FASTLOSS_FLOAT32, 1, &n, pred, target, NULL, grad, NULL, &value))
 *     puts(fastloss_error_message());
 *   fastloss_loss_destroy(huber);
 *
 * Every function that can fail returns a status and leaves a sentence for fastloss_error_message(). Nothing is taken
 * over: arrays, names and structs need to live during the call only. A loss may be used by many threads at a time.
 *
 * Structs begin with their size: sizeof of the struct that the caller was compiled with, as the _INIT macros set it.
 * A later version may add fields to their end, for which 0 means what there was before: a struct that ends before the
 * fields that were added is taken. One that ends earlier is refused, and one of more bytes than this version has (up to
 * 4096, a multiple of its alignment) with anything but zeros in them.
 */
#ifndef FASTLOSS_C_H
#define FASTLOSS_C_H

#include <fastloss/export.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define FASTLOSS_NOEXCEPT noexcept
#else
#define FASTLOSS_NOEXCEPT
#endif

typedef int32_t fastloss_status;
enum {
  FASTLOSS_OK = 0,
  FASTLOSS_SHAPE_ERROR = 1,     /* shapes, strides or numbers of arrays that do not fit */
  FASTLOSS_DTYPE_ERROR = 2,     /* an element type that is not taken there */
  FASTLOSS_LABEL_ERROR = 3,     /* a class label out of range */
  FASTLOSS_PARAMETER_ERROR = 4, /* an unknown name, a value out of its range, a null pointer, a struct's size */
  FASTLOSS_DOMAIN_ERROR = 5,    /* an element out of the loss's domain */
  FASTLOSS_INTERRUPTED = 6,     /* poll() asked to stop */
  FASTLOSS_OUT_OF_MEMORY = 7,
  FASTLOSS_INTERNAL_ERROR = 8
};

enum { /* element types */
       FASTLOSS_BOOL = 0,
       FASTLOSS_INT8 = 1,
       FASTLOSS_INT16 = 2,
       FASTLOSS_INT32 = 3,
       FASTLOSS_INT64 = 4,
       FASTLOSS_UINT8 = 5,
       FASTLOSS_UINT16 = 6,
       FASTLOSS_UINT32 = 7,
       FASTLOSS_UINT64 = 8,
       FASTLOSS_FLOAT16 = 9,
       FASTLOSS_BFLOAT16 = 10,
       FASTLOSS_FLOAT32 = 11,
       FASTLOSS_FLOAT64 = 12,
       FASTLOSS_LEFT_OUT = -1 /* with no data: an input that the loss can do without */
};
enum { FASTLOSS_MEAN = 0, FASTLOSS_SUM = 1, FASTLOSS_NONE = 2 }; /* reductions */
enum { FASTLOSS_EXACT = 0, FASTLOSS_POSITIVE = 1 };              /* curvatures */
enum {                                                           /* kinds of parameters */
       FASTLOSS_NOTHING = 0,
       FASTLOSS_FLAG = 1,
       FASTLOSS_INTEGER = 2,
       FASTLOSS_REAL = 3,
       FASTLOSS_REALS = 4,
       FASTLOSS_TEXT = 5
};
enum { FASTLOSS_MAX_NDIM = 64 }; /* axes of an array */

typedef struct fastloss_loss fastloss_loss;     /* a loss with its parameters; immutable */
typedef struct fastloss_totals fastloss_totals; /* the exact sums of a mean over many calls */

typedef struct fastloss_parameter {
  size_t size;
  const char* name;
  int32_t kind;   /* which of the following counts: NOTHING (none), FLAG (integer), INTEGER, REAL, REALS or TEXT */
  int32_t unused; /* 0 */
  int64_t integer;
  double real;
  const double* reals; /* one per class or per last axis */
  size_t count;
  const char* text; /* one of the words that the parameter knows; added to the first struct of 0.1 */
} fastloss_parameter;
#define FASTLOSS_PARAMETER_INIT {sizeof(fastloss_parameter), NULL, FASTLOSS_NOTHING, 0, 0, 0.0, NULL, 0, NULL}

/* A strided view. Strides count bytes and may be zero or negative; without them the elements lie in C order. Elements
 * need not be aligned. What is an input is not written to. */
typedef struct fastloss_array {
  size_t size;
  void* data;
  const int64_t* shape;
  const int64_t* strides;
  int32_t ndim; /* up to FASTLOSS_MAX_NDIM */
  int32_t dtype;
} fastloss_array;
#define FASTLOSS_ARRAY_INIT {sizeof(fastloss_array), NULL, NULL, NULL, 0, FASTLOSS_FLOAT32}

typedef void (*fastloss_task)(void* context, int64_t k);

typedef struct fastloss_call {
  size_t size;
  const fastloss_array* inputs; /* in the order of the loss, as fastloss_loss_input_name() tells it: pred, target */
  size_t n_inputs;
  const fastloss_array* sample_weight; /* NULL, or one per loss term */
  int32_t reduction;
  int32_t curvature;
  double scale;                /* multiplies value and derivatives; FASTLOSS_CALL_INIT sets 1 */
  int32_t n_threads;           /* 0: the setting of fastloss_set_num_threads */
  int32_t want_value;          /* whether the reduced value is computed; FASTLOSS_CALL_INIT sets 1 */
  const fastloss_array* terms; /* NULL, or where the value of every term goes; with FASTLOSS_NONE alone */
  const fastloss_array* grad;  /* one per differentiable input, or none */
  size_t n_grad;
  const fastloss_array* hess; /* the same; needs grad */
  size_t n_hess;
  fastloss_totals* totals; /* NULL, or where the mean's two sums are added, for calls without derivatives */
  /* NULL, or the host's own threads: calls task(context, k) once for every k in [0, n), on any threads, and returns
   * when all of them have returned. n is no more than n_threads, and work too small to share is not shared. */
  void (*parallel_for)(void* host, int64_t n, fastloss_task task, void* context);
  void* parallel_host;
  /* NULL, or asked from time to time on the calling thread: anything but 0 ends the call with FASTLOSS_INTERRUPTED. */
  int (*poll)(void* poll_context);
  void* poll_context;
  void* workspace; /* NULL, or fastloss_workspace_size() bytes: the call then allocates nothing */
  size_t workspace_size;
} fastloss_call;
#define FASTLOSS_CALL_INIT \
  {sizeof(fastloss_call),  \
   NULL,                   \
   0,                      \
   NULL,                   \
   FASTLOSS_MEAN,          \
   FASTLOSS_EXACT,         \
   1.0,                    \
   0,                      \
   1,                      \
   NULL,                   \
   NULL,                   \
   0,                      \
   NULL,                   \
   0,                      \
   NULL,                   \
   NULL,                   \
   NULL,                   \
   NULL,                   \
   NULL,                   \
   NULL,                   \
   0}

/* What went wrong in this thread's last call that failed: the loss, the argument, what was given, what is wanted. */
FASTLOSS_API const char* fastloss_error_message(void) FASTLOSS_NOEXCEPT;
FASTLOSS_API const char* fastloss_version(void) FASTLOSS_NOEXCEPT; /* "0.1.0" */
FASTLOSS_API const char* fastloss_isa(void) FASTLOSS_NOEXCEPT; /* the tier in use; NULL where FASTLOSS_ISA is wrong */

/* The losses that there are; NULL beyond the last. */
FASTLOSS_API const char* fastloss_loss_name_at(size_t i) FASTLOSS_NOEXCEPT;

/* By name or alias. *loss is NULL after an error. */
FASTLOSS_API fastloss_status fastloss_loss_create(const char* name, const fastloss_parameter* parameters,
                                                  size_t n_parameters, fastloss_loss** loss) FASTLOSS_NOEXCEPT;
FASTLOSS_API void fastloss_loss_destroy(fastloss_loss* loss) FASTLOSS_NOEXCEPT; /* NULL is fine */
FASTLOSS_API const char* fastloss_loss_name(const fastloss_loss* loss) FASTLOSS_NOEXCEPT;
FASTLOSS_API int32_t fastloss_loss_n_inputs(const fastloss_loss* loss) FASTLOSS_NOEXCEPT;
/* How many inputs, counted from the first, have gradients. */
FASTLOSS_API int32_t fastloss_loss_n_differentiable(const fastloss_loss* loss) FASTLOSS_NOEXCEPT;
/* 1, or 0 where a call may not ask for hess. */
FASTLOSS_API int32_t fastloss_loss_has_hessian(const fastloss_loss* loss) FASTLOSS_NOEXCEPT;

/* An input of the loss, i from 0; NULL beyond the last.
 * Its role: "real", a float with a gradient; "given", any number; "labels", integers from 0 to below the number of
 * classes. */
FASTLOSS_API const char* fastloss_loss_input_name(const fastloss_loss* loss, int32_t i) FASTLOSS_NOEXCEPT;
FASTLOSS_API const char* fastloss_loss_input_role(const fastloss_loss* loss, int32_t i) FASTLOSS_NOEXCEPT;
/* Its shape, a word for every axis. A letter is a length, the same wherever it stands, a capital one an axis that a
 * term needs whole, a digit a length itself, "*b" any number of axes: "*b C" is rows of C classes, "*b" their labels.
 * Where the classes lie, the parameter axis may say otherwise. */
FASTLOSS_API const char* fastloss_loss_input_shape(const fastloss_loss* loss, int32_t i) FASTLOSS_NOEXCEPT;
/* The shape of what an input may hold in the place of labels, a share for every class; NULL where it may not. */
FASTLOSS_API const char* fastloss_loss_input_dense(const fastloss_loss* loss, int32_t i) FASTLOSS_NOEXCEPT;
/* The numbers that it may hold, with the loss's parameters: from *low to *high, or the two alone where *between is 0;
 * NaN as well. An infinity is no end; of labels, the end is the number of classes. */
FASTLOSS_API fastloss_status fastloss_loss_input_domain(const fastloss_loss* loss, int32_t i, double* low, double* high,
                                                        int32_t* between) FASTLOSS_NOEXCEPT;
/* The shape of the loss terms of these inputs: *ndim lengths, where there is room for FASTLOSS_MAX_NDIM. No data are
 * read. */
FASTLOSS_API fastloss_status fastloss_terms_shape(const fastloss_loss* loss, const fastloss_array* inputs,
                                                  size_t n_inputs, int64_t* shape, int32_t* ndim) FASTLOSS_NOEXCEPT;

/* Everything in one pass. *value is the reduced value, where it is wanted; value may be NULL. */
FASTLOSS_API fastloss_status fastloss_evaluate(const fastloss_loss* loss, const fastloss_call* call,
                                               double* value) FASTLOSS_NOEXCEPT;
/* The bytes of workspace with which a call of these inputs, whatever results are wanted of it, allocates nothing. */
FASTLOSS_API fastloss_status fastloss_workspace_size(const fastloss_loss* loss, const fastloss_call* call,
                                                     size_t* bytes) FASTLOSS_NOEXCEPT;
/* The mean of a loss of (pred, target) over arrays in C order. `shape` is that of pred; the target has the same, or
 * that without the axis of the classes where it holds labels. The weights, one per term, have pred's type, and so have
 * the results. sample_weight, grad, hess and value may be NULL. */
FASTLOSS_API fastloss_status fastloss_contiguous(const fastloss_loss* loss, int32_t dtype, int32_t target_dtype,
                                                 int32_t ndim, const int64_t* shape, const void* pred,
                                                 const void* target, const void* sample_weight, void* grad, void* hess,
                                                 double* value) FASTLOSS_NOEXCEPT;

/* Data in chunks: the totals of any number of calls, merged in any order, give the bits of one call. Not to be changed
 * by two threads at a time. */
FASTLOSS_API fastloss_status fastloss_totals_create(fastloss_totals** totals) FASTLOSS_NOEXCEPT;
FASTLOSS_API void fastloss_totals_destroy(fastloss_totals* totals) FASTLOSS_NOEXCEPT;
FASTLOSS_API fastloss_status fastloss_totals_merge(fastloss_totals* totals,
                                                   const fastloss_totals* other) FASTLOSS_NOEXCEPT;
FASTLOSS_API double fastloss_totals_sum(const fastloss_totals* totals) FASTLOSS_NOEXCEPT;
FASTLOSS_API double fastloss_totals_weight(const fastloss_totals* totals) FASTLOSS_NOEXCEPT;
FASTLOSS_API double fastloss_totals_mean(const fastloss_totals* totals) FASTLOSS_NOEXCEPT;

/* Worker threads of calls that do not say; at least 1. */
FASTLOSS_API fastloss_status fastloss_set_num_threads(int32_t n) FASTLOSS_NOEXCEPT;
FASTLOSS_API int32_t fastloss_get_num_threads(void) FASTLOSS_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
