/* A host in C11: every function of fastloss_c.h, and what it says to calls that are wrong. */
#include <fastloss/version.h>
#include <math.h>
#include <stddef.h>

#include "c_check.h"

int failures = 0;

/* A call of two arrays that is right; tests spoil copies of it. */
static float pred[4] = {1.0f, 2.0f, 3.0f, 4.0f}, target[4] = {0.0f, 0.0f, 0.0f, 2.0f};
static const int64_t four = 4;
static fastloss_array pair_of_inputs[2];
static fastloss_call right_call(void) {
  fastloss_call call = FASTLOSS_CALL_INIT;
  pair_of_inputs[0] = array(pred, FASTLOSS_FLOAT32, 1, &four);
  pair_of_inputs[1] = array(target, FASTLOSS_FLOAT32, 1, &four);
  call.inputs = pair_of_inputs, call.n_inputs = 2;
  return call;
}

static void losses(void) {
  size_t n = 0;
  while (fastloss_loss_name_at(n) != NULL) {
    fastloss_loss* loss = made(fastloss_loss_name_at(n), NULL, 0);
    EXPECT(strcmp(fastloss_loss_name(loss), fastloss_loss_name_at(n)) == 0);
    EXPECT(fastloss_loss_n_inputs(loss) >= 1 && fastloss_loss_n_differentiable(loss) >= 1);
    inputs_of(loss);
    fastloss_loss_destroy(loss);
    ++n;
  }
  EXPECT(n > 0); /* how many there are, api.cpp asks */
  EXPECT(fastloss_loss_name_at(SIZE_MAX) == NULL);
  EXPECT(strcmp(fastloss_version(), FASTLOSS_RELEASE) == 0);
  EXPECT(fastloss_isa() != NULL);
  EXPECT(fastloss_loss_name(NULL) == NULL && fastloss_loss_n_inputs(NULL) == 0);
  EXPECT(fastloss_loss_n_differentiable(NULL) == 0 && fastloss_loss_input_name(NULL, 0) == NULL);
  EXPECT(fastloss_loss_input_role(NULL, 0) == NULL && fastloss_loss_input_shape(NULL, 0) == NULL);
  fastloss_loss_destroy(NULL);
  fastloss_totals_destroy(NULL);
}

static void create(void) {
  fastloss_loss* loss = made("l1", NULL, 0); /* an alias */
  EXPECT(strcmp(fastloss_loss_name(loss), "mean_absolute_error") == 0);
  fastloss_loss_destroy(loss);
  fastloss_parameter delta = parameter("delta", FASTLOSS_REAL, 0, 2.0);
#define CREATE(name, parameters, n) fastloss_loss_create(name, parameters, n, &loss)
  EXPECT_ERROR(CREATE("hubert", NULL, 0), FASTLOSS_PARAMETER_ERROR,
               "no loss is named 'hubert'; see the list of losses for the names");
  EXPECT(loss == NULL);
  EXPECT_ERROR(CREATE(NULL, NULL, 0), FASTLOSS_PARAMETER_ERROR, "name is a null pointer");
  EXPECT_ERROR(CREATE("huber", NULL, 1), FASTLOSS_PARAMETER_ERROR, "parameters is a null pointer");
  EXPECT_ERROR(fastloss_loss_create("huber", NULL, 0, NULL), FASTLOSS_PARAMETER_ERROR, "loss is a null pointer");
  delta.real = -1.0;
  EXPECT_ERROR(CREATE("huber", &delta, 1), FASTLOSS_PARAMETER_ERROR, "Huber: delta is -1, wanted: a finite number > 0");
  delta.name = "depth";
  EXPECT_ERROR(CREATE("huber", &delta, 1), FASTLOSS_PARAMETER_ERROR,
               "Huber: there is no parameter 'depth'; it takes delta");
  delta.name = NULL;
  EXPECT_ERROR(CREATE("huber", &delta, 1), FASTLOSS_PARAMETER_ERROR, "a fastloss_parameter's name is a null pointer");
  delta = parameter("delta", 6, 0, 1.0);
  EXPECT_ERROR(CREATE("huber", &delta, 1), FASTLOSS_PARAMETER_ERROR,
               "a fastloss_parameter's kind is 6, wanted: 0 to 5");
  delta = parameter("delta", FASTLOSS_TEXT, 0, 1.0);
  EXPECT_ERROR(CREATE("huber", &delta, 1), FASTLOSS_PARAMETER_ERROR, "a fastloss_parameter's text is a null pointer");
  delta.text = "wide";
  EXPECT_ERROR(CREATE("huber", &delta, 1), FASTLOSS_PARAMETER_ERROR, "Huber: delta is 'wide', wanted: a number > 0");
  delta = parameter("delta", FASTLOSS_FLAG, 1, 1.0);
  EXPECT_ERROR(CREATE("huber", &delta, 1), FASTLOSS_PARAMETER_ERROR, "Huber: delta is True, wanted: a number > 0");
  delta = parameter("delta", FASTLOSS_REALS, 0, 1.0), delta.count = 2;
  EXPECT_ERROR(CREATE("huber", &delta, 1), FASTLOSS_PARAMETER_ERROR, "a fastloss_parameter's reals is a null pointer");
  delta = parameter("delta", FASTLOSS_REAL, 0, 1.0), delta.unused = 1;
  EXPECT_ERROR(CREATE("huber", &delta, 1), FASTLOSS_PARAMETER_ERROR, "a fastloss_parameter's unused is not 0");
}

/* Structs of an older version, of a newer one that says nothing new, and of a newer one that does. */
static void struct_sizes(void) {
  const fastloss_loss* loss = made("mse", NULL, 0);
  struct {
    fastloss_call call;
    int64_t more;
  } newer;
  struct {
    fastloss_array array;
    int64_t more;
  } inputs[2];
  double value = 0.0;
  memset(&newer, 0, sizeof newer), memset(inputs, 0, sizeof inputs);
  newer.call = right_call();
  newer.call.size = sizeof newer;
  inputs[0].array = pair_of_inputs[0], inputs[1].array = pair_of_inputs[1];
  inputs[0].array.size = inputs[1].array.size = sizeof inputs[0];
  newer.call.inputs = &inputs[0].array;
  EXPECT(fastloss_evaluate(loss, &newer.call, &value) == FASTLOSS_OK && value == 4.5);
  newer.more = 1;
  char text[160];
  snprintf(text, sizeof text, "fastloss_call has size %zu and says more than version " FASTLOSS_RELEASE " knows",
           sizeof newer);
  EXPECT_ERROR(fastloss_evaluate(loss, &newer.call, NULL), FASTLOSS_PARAMETER_ERROR, text);
  newer.more = 0, inputs[1].more = 1;
  snprintf(text, sizeof text, "fastloss_array has size %zu and says more than version " FASTLOSS_RELEASE " knows",
           sizeof inputs[0]);
  EXPECT_ERROR(fastloss_evaluate(loss, &newer.call, NULL), FASTLOSS_PARAMETER_ERROR, text);
  inputs[1].more = 0, inputs[1].array.size -= 8;
  EXPECT_ERROR(fastloss_evaluate(loss, &newer.call, NULL), FASTLOSS_PARAMETER_ERROR,
               "fastloss_arrays of different sizes stand in one array");
  /* older, none at all, larger than any, and of no struct's size: the second would lie askew */
  const size_t sizes[] = {sizeof(fastloss_array) - 8, 0, 4104, SIZE_MAX, sizeof(fastloss_array) + 1};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    inputs[0].array.size = inputs[1].array.size = sizes[i];
    snprintf(text, sizeof text, "fastloss_array has size %zu, wanted: %zu; is it the struct of another version?",
             sizes[i], sizeof(fastloss_array));
    EXPECT_ERROR(fastloss_evaluate(loss, &newer.call, NULL), FASTLOSS_PARAMETER_ERROR, text);
  }
  fastloss_call older = right_call();
  older.size -= 8;
  snprintf(text, sizeof text, "fastloss_call has size %zu, wanted: %zu; is it the struct of another version?",
           older.size, sizeof older);
  EXPECT_ERROR(fastloss_evaluate(loss, &older, NULL), FASTLOSS_PARAMETER_ERROR, text);
  fastloss_parameter delta = parameter("delta", FASTLOSS_REAL, 0, 1.0);
  fastloss_loss* none;
  delta.size = 0;
  snprintf(text, sizeof text, "fastloss_parameter has size 0, wanted: %zu; is it the struct of another version?",
           sizeof delta);
  EXPECT_ERROR(fastloss_loss_create("huber", &delta, 1, &none), FASTLOSS_PARAMETER_ERROR, text);
  /* the first struct of parameters ended before the text: taken as it was, whatever comes after it */
  struct {
    char bytes[2 * offsetof(fastloss_parameter, text)];
    double align;
  } first;
  fastloss_parameter both[] = {parameter("from_logits", FASTLOSS_FLAG, 1, 0.0),
                               parameter("axis", FASTLOSS_INTEGER, 0, 0.0)};
  for (size_t i = 0; i < 2; ++i) {
    both[i].size = offsetof(fastloss_parameter, text);
    memcpy(first.bytes + i * both[i].size, &both[i], both[i].size);
  }
  EXPECT(fastloss_loss_create("cce", (fastloss_parameter*)(void*)first.bytes, 2, &none) == FASTLOSS_OK);
  fastloss_loss_destroy(none);
  both[0].kind = FASTLOSS_TEXT;
  memcpy(first.bytes, &both[0], both[0].size);
  EXPECT_ERROR(fastloss_loss_create("cce", (fastloss_parameter*)(void*)first.bytes, 2, &none), FASTLOSS_PARAMETER_ERROR,
               "a fastloss_parameter's text is a null pointer");
  delta.size = offsetof(fastloss_parameter, text) - 8;
  snprintf(text, sizeof text, "fastloss_parameter has size %zu, wanted: %zu; is it the struct of another version?",
           delta.size, sizeof delta);
  EXPECT_ERROR(fastloss_loss_create("huber", &delta, 1, &none), FASTLOSS_PARAMETER_ERROR, text);
  fastloss_loss_destroy((fastloss_loss*)loss);
}

static void bad_calls(void) {
  fastloss_loss* loss = made("mse", NULL, 0);
  fastloss_call call = right_call();
  fastloss_array grad = array(pred, FASTLOSS_FLOAT32, 1, &four);
  size_t bytes;
#define REFUSED(status, message) \
  EXPECT_ERROR(fastloss_evaluate(loss, &call, NULL), status, message), call = right_call()
  EXPECT_ERROR(fastloss_evaluate(NULL, &call, NULL), FASTLOSS_PARAMETER_ERROR, "loss is a null pointer");
  EXPECT_ERROR(fastloss_evaluate(loss, NULL, NULL), FASTLOSS_PARAMETER_ERROR, "call is a null pointer");
  EXPECT_ERROR(fastloss_workspace_size(loss, &call, NULL), FASTLOSS_PARAMETER_ERROR, "bytes is a null pointer");
  EXPECT_ERROR(fastloss_workspace_size(NULL, &call, &bytes), FASTLOSS_PARAMETER_ERROR, "loss is a null pointer");
  call.inputs = NULL;
  REFUSED(FASTLOSS_PARAMETER_ERROR, "inputs is a null pointer");
  call.n_inputs = 3;
  REFUSED(FASTLOSS_SHAPE_ERROR, "MeanSquaredError: takes 2 arrays as inputs, 3 were given");
  call.n_inputs = 0;
  REFUSED(FASTLOSS_SHAPE_ERROR, "MeanSquaredError: takes 2 arrays, 0 were given");
  call.n_grad = 2;
  REFUSED(FASTLOSS_SHAPE_ERROR, "MeanSquaredError: takes 1 arrays as grad, 2 were given");
  call.n_grad = 1;
  REFUSED(FASTLOSS_PARAMETER_ERROR, "grad is a null pointer");
  call.hess = &grad, call.n_hess = 1;
  REFUSED(FASTLOSS_SHAPE_ERROR, "MeanSquaredError: a Hessian needs its gradient's output too");
  call.reduction = 3;
  REFUSED(FASTLOSS_PARAMETER_ERROR, "reduction is 3, wanted: 0 to 2");
  call.curvature = -1;
  REFUSED(FASTLOSS_PARAMETER_ERROR, "curvature is -1, wanted: 0 to 1");
  call.n_threads = -1;
  REFUSED(FASTLOSS_PARAMETER_ERROR, "MeanSquaredError: n_threads is -1, wanted: an integer >= 1");
  call.scale = NAN;
  REFUSED(FASTLOSS_PARAMETER_ERROR, "MeanSquaredError: scale is nan, wanted: a finite number");
  call.workspace_size = 64;
  REFUSED(FASTLOSS_PARAMETER_ERROR, "workspace is a null pointer");
  /* without FASTLOSS_NONE no term is computed, and what lies on the stack is nobody's business */
  call.terms = &grad;
  REFUSED(FASTLOSS_PARAMETER_ERROR,
          "MeanSquaredError: out (values) is given, but the reduction is mean or sum, wanted: none");
  fastloss_loss_destroy(loss);
}

static void bad_arrays(void) {
  fastloss_loss* loss = made("mse", NULL, 0);
  fastloss_call call = right_call();
  fastloss_array* second = &pair_of_inputs[1];
  const int64_t negative = -4, three = 3, huge[] = {INT64_C(1) << 40, INT64_C(1) << 40}, away = INT64_C(1) << 61;
  const int64_t still = 0;
  second->data = NULL;
  REFUSED(FASTLOSS_PARAMETER_ERROR, "MeanSquaredError: target has no data: its pointer is null");
  second->shape = NULL;
  REFUSED(FASTLOSS_PARAMETER_ERROR, "MeanSquaredError: target has no shape: its pointer is null");
  second->shape = &negative;
  REFUSED(FASTLOSS_SHAPE_ERROR, "MeanSquaredError: an axis has the negative length -4");
  second->shape = &three;
  REFUSED(FASTLOSS_SHAPE_ERROR, "MeanSquaredError: target has shape (3,), pred has shape (4,)");
  second->ndim = 2, second->shape = huge;
  REFUSED(FASTLOSS_SHAPE_ERROR,
          "MeanSquaredError: the shape (1099511627776, 1099511627776) has more elements than 64 bits can count");
  second->strides = &away;
  REFUSED(FASTLOSS_SHAPE_ERROR, "MeanSquaredError: target has strides that lead out of memory");
  second->ndim = -1;
  REFUSED(FASTLOSS_SHAPE_ERROR, "MeanSquaredError: target has -1 axes, wanted: 0 to 64");
  second->ndim = 65;
  REFUSED(FASTLOSS_SHAPE_ERROR, "MeanSquaredError: target has 65 axes, wanted: 0 to 64");
  second->dtype = 13;
  REFUSED(FASTLOSS_DTYPE_ERROR, "MeanSquaredError: target has no element type that exists");
  second->dtype = FASTLOSS_LEFT_OUT; /* with data */
  REFUSED(FASTLOSS_DTYPE_ERROR, "MeanSquaredError: target has no element type that exists");
  second->dtype = FASTLOSS_LEFT_OUT, second->data = NULL;
  REFUSED(FASTLOSS_PARAMETER_ERROR, "MeanSquaredError: target is left out");
  second->dtype = -2, second->data = NULL;
  REFUSED(FASTLOSS_DTYPE_ERROR, "MeanSquaredError: target has no element type that exists");
  second->dtype = 256 + FASTLOSS_FLOAT32;
  REFUSED(FASTLOSS_DTYPE_ERROR, "MeanSquaredError: target has no element type that exists");
  pair_of_inputs[0].dtype = FASTLOSS_INT32;
  REFUSED(FASTLOSS_DTYPE_ERROR,
          "MeanSquaredError: pred has dtype int32, wanted: float16, bfloat16, float32 or float64");
  float out[4];
  fastloss_array grad = array(out, FASTLOSS_FLOAT64, 1, &four);
  call.grad = &grad, call.n_grad = 1;
  REFUSED(FASTLOSS_DTYPE_ERROR, "MeanSquaredError: out (gradient of pred) has dtype float64, wanted: float32");
  grad = array(out, FASTLOSS_FLOAT32, 1, &four), grad.strides = &still;
  call.grad = &grad, call.n_grad = 1;
  REFUSED(FASTLOSS_PARAMETER_ERROR, "MeanSquaredError: out (gradient of pred) overlaps itself");
  grad = array(target, FASTLOSS_FLOAT32, 1, &four);
  call.grad = &grad, call.n_grad = 1;
  REFUSED(FASTLOSS_PARAMETER_ERROR, "MeanSquaredError: out (gradient of pred) overlaps target");
  float wrong[4] = {1.0f, -1.0f, 1.0f, 1.0f};
  const fastloss_array weight = array(wrong, FASTLOSS_FLOAT32, 1, &four);
  call.sample_weight = &weight;
  REFUSED(FASTLOSS_DOMAIN_ERROR, "MeanSquaredError: sample_weight[1] is -1, wanted: a finite number >= 0");
  fastloss_loss_destroy(loss);
}

int main(void) {
  losses();
  create();
  struct_sizes();
  bad_calls();
  bad_arrays();
  inputs();
  results();
  if (failures == 0) puts("every call of C was answered as it should be");
  return failures != 0;
}
