/* What calls from C give: values and derivatives, workspaces, the host's threads, totals, arrays in C order. */
#include <math.h>

#include "c_check.h"

enum { rows = 600 };
static float scores[rows * rows], grad[rows * rows], again[rows * rows];

static void task_by_task(void* host, int64_t n, fastloss_task task, void* context) {
  *(int*)host += 1;
  for (int64_t k = n; k-- > 0;) task(context, k);
}
static void all_but_one(void* host, int64_t n, fastloss_task task, void* context) {
  (void)host;
  for (int64_t k = 1; k < n; ++k) task(context, k);
}
static int stop(void* asked) { return ++*(int*)asked; }

/* Columns as classes: rows of them are gathered in memory of the caller's, by threads of the caller's. */
static void resources(void) {
  static int32_t labels[rows];
  static char memory[1 << 22];
  const int64_t shape[] = {rows, rows}, turned[] = {sizeof(float), rows * sizeof(float)}, n = rows;
  for (int i = 0; i < rows * rows; ++i) scores[i] = (float)(i % 101) * 0.125f - 6.0f;
  for (int i = 0; i < rows; ++i) labels[i] = i % rows;
  fastloss_parameter logits = parameter("from_logits", FASTLOSS_FLAG, 1, 0.0);
  fastloss_loss* loss = made("scce", &logits, 1);
  fastloss_array inputs[] = {array(scores, FASTLOSS_FLOAT32, 2, shape), array(labels, FASTLOSS_INT32, 1, &n)};
  fastloss_array out = array(grad, FASTLOSS_FLOAT32, 2, shape);
  inputs[0].strides = turned;
  fastloss_call call = FASTLOSS_CALL_INIT;
  call.inputs = inputs, call.n_inputs = 2, call.grad = &out, call.n_grad = 1, call.n_threads = 2;
  double value = 0.0, other = 0.0;
  size_t bytes = 0;
  EXPECT(fastloss_evaluate(loss, &call, &value) == FASTLOSS_OK && isfinite(value));
  EXPECT(fastloss_workspace_size(loss, &call, &bytes) == FASTLOSS_OK && bytes > 0 && bytes < sizeof memory);
  out.data = again;
  call.workspace = memory + 1, call.workspace_size = bytes;
  int regions = 0;
  call.parallel_for = task_by_task, call.parallel_host = &regions;
  EXPECT(fastloss_evaluate(loss, &call, &other) == FASTLOSS_OK);
  EXPECT(regions > 0 && memcmp(&value, &other, sizeof value) == 0 && memcmp(grad, again, sizeof grad) == 0);
  call.workspace_size = 63;
  EXPECT(fastloss_evaluate(loss, &call, &other) == FASTLOSS_PARAMETER_ERROR);
  size_t wanted = 0; /* of this call, which has no Hessian */
  EXPECT(sscanf(fastloss_error_message(), "SparseCategoricalCrossEntropy: workspace has 63 bytes, wanted: %zu",
                &wanted) == 1);
  EXPECT(wanted > 63 && wanted <= bytes);
  call.workspace = NULL, call.workspace_size = 0, call.parallel_for = all_but_one;
  EXPECT_ERROR(fastloss_evaluate(loss, &call, &other), FASTLOSS_PARAMETER_ERROR,
               "parallel_for came back after 1 of 2 pieces, wanted: all of them done");
  call.parallel_for = NULL, labels[3] = rows;
  EXPECT_ERROR(fastloss_evaluate(loss, &call, &other), FASTLOSS_LABEL_ERROR,
               "SparseCategoricalCrossEntropy: target[3] is 600, pred has 600 classes, wanted: an integer in [0, 600)");
  labels[3] = -1;
  EXPECT_ERROR(fastloss_evaluate(loss, &call, &other), FASTLOSS_LABEL_ERROR,
               "SparseCategoricalCrossEntropy: target[3] is -1, pred has 600 classes, wanted: an integer in [0, 600)");
  fastloss_loss_destroy(loss);
}

/* Far more elements than there is time for: only poll() ends it. */
static void polled(void) {
  fastloss_loss* loss = made("mse", NULL, 0);
  const int64_t many = INT64_C(1) << 44, still = 0;
  fastloss_array inputs[] = {array(scores, FASTLOSS_FLOAT32, 1, &many), array(scores, FASTLOSS_FLOAT32, 1, &many)};
  inputs[0].strides = inputs[1].strides = &still;
  fastloss_call call = FASTLOSS_CALL_INIT;
  int asked = 0;
  call.inputs = inputs, call.n_inputs = 2, call.poll = stop, call.poll_context = &asked;
  EXPECT_ERROR(fastloss_evaluate(loss, &call, NULL), FASTLOSS_INTERRUPTED, "MeanSquaredError: interrupted");
  EXPECT(asked == 1);
  fastloss_loss_destroy(loss);
}

static void totals(void) {
  fastloss_loss* loss = made("mse", NULL, 0);
  fastloss_totals *first = NULL, *second = NULL;
  float pred[] = {1.0f, 2.0f, 3.0f, 4.0f}, target[] = {0.0f, 0.0f, 0.0f, 2.0f}, weights[] = {1.0f, 0.5f, 0.0f, 2.0f};
  int64_t two = 2;
  EXPECT(fastloss_totals_create(&first) == FASTLOSS_OK && fastloss_totals_create(&second) == FASTLOSS_OK);
  EXPECT(isnan(fastloss_totals_mean(first)) && fastloss_totals_weight(first) == 0.0);
  fastloss_totals* parts[] = {first, second};
  for (int k = 0; k < 2; ++k) {
    const fastloss_array inputs[] = {array(pred + 2 * k, FASTLOSS_FLOAT32, 1, &two),
                                     array(target + 2 * k, FASTLOSS_FLOAT32, 1, &two)};
    const fastloss_array weight = array(weights + 2 * k, FASTLOSS_FLOAT32, 1, &two);
    fastloss_call call = FASTLOSS_CALL_INIT;
    call.inputs = inputs, call.n_inputs = 2, call.sample_weight = &weight, call.totals = parts[k];
    EXPECT(fastloss_evaluate(loss, &call, NULL) == FASTLOSS_OK);
    call.reduction = FASTLOSS_SUM;
    EXPECT_ERROR(fastloss_evaluate(loss, &call, NULL), FASTLOSS_PARAMETER_ERROR,
                 "MeanSquaredError: totals are those of a mean without derivatives");
  }
  EXPECT(fastloss_totals_merge(first, second) == FASTLOSS_OK);
  EXPECT(fastloss_totals_sum(first) == 1.0 + 0.5 * 4.0 + 2.0 * 4.0 && fastloss_totals_weight(first) == 3.5);
  EXPECT(fastloss_totals_mean(first) == 11.0 / 3.5);
  EXPECT_ERROR(fastloss_totals_merge(first, NULL), FASTLOSS_PARAMETER_ERROR, "other is a null pointer");
  EXPECT_ERROR(fastloss_totals_merge(NULL, first), FASTLOSS_PARAMETER_ERROR, "totals is a null pointer");
  EXPECT_ERROR(fastloss_totals_create(NULL), FASTLOSS_PARAMETER_ERROR, "totals is a null pointer");
  EXPECT(isnan(fastloss_totals_sum(NULL)) && isnan(fastloss_totals_weight(NULL)) && isnan(fastloss_totals_mean(NULL)));
  fastloss_totals_destroy(first), fastloss_totals_destroy(second);
  fastloss_loss_destroy(loss);
}

static void contiguous(void) {
  const int64_t shape[] = {2, 3}, turned[] = {3, 2}, negative[] = {2, -3};
  double p[] = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}, t[] = {1.0, 0.0, 0.0, 0.0, 0.0, 1.0}, g[6], h[6], w[] = {1.0, 3.0},
         value;
  double columns[] = {1.0, 4.0, 2.0, 5.0, 3.0, 6.0}, targets[] = {1.0, 0.0, 0.0, 0.0, 0.0, 1.0}, turned_g[6], other;
  const int64_t labels[] = {0, 2};
#define RUN(dtype, target_dtype, ndim, axes, pred, target, weight, grad, hess) \
  fastloss_contiguous(loss, dtype, target_dtype, ndim, axes, pred, target, weight, grad, hess, &value)
  fastloss_loss* loss = made("mse", NULL, 0);
  EXPECT(RUN(12, 12, 2, shape, p, t, p, g, h) == FASTLOSS_OK && isfinite(value));
  EXPECT(g[1] == 2.0 * 2.0 * 2.0 / 21.0 && h[1] == 2.0 * 2.0 / 21.0);
  EXPECT(RUN(12, 4, 0, NULL, p, labels, NULL, NULL, NULL) == FASTLOSS_OK && value == 1.0);
  EXPECT_ERROR(RUN(12, 12, 2, NULL, p, t, NULL, g, h), FASTLOSS_PARAMETER_ERROR, "shape is a null pointer");
  EXPECT_ERROR(RUN(12, 12, 2, shape, NULL, t, NULL, g, h), FASTLOSS_PARAMETER_ERROR,
               "MeanSquaredError: pred has no data: its pointer is null");
  EXPECT_ERROR(RUN(12, 12, 2, negative, p, t, NULL, NULL, NULL), FASTLOSS_SHAPE_ERROR,
               "MeanSquaredError: an axis has the negative length -3");
  EXPECT_ERROR(RUN(12, 12, 65, shape, p, t, NULL, NULL, NULL), FASTLOSS_SHAPE_ERROR,
               "MeanSquaredError: pred has 65 axes, wanted: 0 to 64");
  EXPECT_ERROR(RUN(-1, 12, 2, shape, p, t, NULL, NULL, NULL), FASTLOSS_DTYPE_ERROR,
               "MeanSquaredError: pred has no element type that exists");
  EXPECT_ERROR(RUN(12, 12, 2, shape, p, t, NULL, NULL, h), FASTLOSS_SHAPE_ERROR,
               "MeanSquaredError: a Hessian needs its gradient's output too");
  fastloss_loss_destroy(loss);
  EXPECT_ERROR(fastloss_contiguous(NULL, 12, 12, 2, shape, p, t, NULL, NULL, NULL, &value), FASTLOSS_PARAMETER_ERROR,
               "loss is a null pointer");

  fastloss_parameter logits[] = {parameter("from_logits", FASTLOSS_FLAG, 1, 0.0),
                                 parameter("axis", FASTLOSS_INTEGER, 0, 0.0)};
  loss = made("scce", logits, 1);
  EXPECT(RUN(12, 4, 2, shape, p, labels, w, g, h) == FASTLOSS_OK);
  other = value;
  fastloss_loss_destroy(loss);
  loss = made("cce", logits, 1); /* the same, one-hot */
  EXPECT(RUN(12, 12, 2, shape, p, t, w, turned_g, h) == FASTLOSS_OK && fabs(value - other) < 1e-15);
  EXPECT(fabs(turned_g[5] - g[5]) < 1e-15);
  fastloss_loss_destroy(loss);
  loss = made("scce", logits, 2); /* the same, classes first */
  EXPECT(RUN(12, 4, 2, turned, columns, labels, w, turned_g, h) == FASTLOSS_OK && value == other);
  EXPECT(turned_g[1] == g[3] && turned_g[4] == g[2]);
  fastloss_loss_destroy(loss);
  loss = made("cce", logits, 2);
  EXPECT(RUN(12, 12, 2, turned, columns, targets, w, NULL, NULL) == FASTLOSS_OK && isfinite(value));
  fastloss_loss_destroy(loss);
  loss = made("contrastive", NULL, 0);
  EXPECT_ERROR(RUN(12, 12, 2, shape, p, t, NULL, NULL, NULL), FASTLOSS_SHAPE_ERROR,
               "Contrastive: takes 3 arrays as inputs, 2 were given");
  fastloss_loss_destroy(loss);
}

/* Value, gradient and Hessian of a mean in one call, the gradient or the Hessian written over pred: what the calls
 * apart give. */
enum { most = 300, classes = 4 };
typedef struct {
  double pred[most * classes], target[most * classes], weight[most * classes], grad[most * classes],
      hess[most * classes];
} Numbers; /* or floats, in the first half of each */

static int same(const void* a, const void* b, size_t bytes) { return memcmp(a, b, bytes) == 0; }

static void put(void* to, int wide, int k, double x) {
  if (wide)
    ((double*)to)[k] = x;
  else
    ((float*)to)[k] = (float)x;
}

static int aliased_loss(const char* name, int with_logits) {
  static Numbers apart, over;
  static int64_t labels[most];
  fastloss_parameter logits = parameter("from_logits", FASTLOSS_FLAG, 1, 0.0);
  fastloss_loss* loss = NULL;
  if (fastloss_loss_create(name, &logits, (size_t)with_logits, &loss) != FASTLOSS_OK) return 0; /* it has none */
  int compared = 0;
  const int two = fastloss_loss_n_inputs(loss) == 2 && fastloss_loss_n_differentiable(loss) == 1;
  for (int k = 0; two && k < 16; ++k) {
    const int wide = k & 1, weighted = k >> 1 & 1, curved = k >> 2 & 1 && fastloss_loss_has_hessian(loss);
    const int32_t dtype = wide ? FASTLOSS_FLOAT64 : FASTLOSS_FLOAT32;
    const int n = k >> 3 ? most : 5;
    const int64_t shape[] = {n, classes};
    const size_t bytes = (size_t)(n * classes) * (wide ? sizeof(double) : sizeof(float));
    for (int i = 0; i < n * classes; ++i) {
      put(apart.pred, wide, i, 0.0625 + i % 13 * 0.0625);
      put(apart.target, wide, i, i / 2 % 2); /* of four in order, as corners are */
      put(apart.weight, wide, i, 0.25 + i % 5);
    }
    for (int i = 0; i < n; ++i) labels[i] = i % classes;
    const int of_labels = strcmp(fastloss_loss_input_role(loss, 1), "labels") == 0;
    const void* target = of_labels ? (const void*)labels : apart.target;
    const void* weight = weighted ? apart.weight : NULL;
    double value = 0.0, other = 0.0;
#define CALL(pred, grad, hess, value) \
  fastloss_contiguous(loss, dtype, of_labels ? FASTLOSS_INT64 : dtype, 2, shape, pred, target, weight, grad, hess, value)
    if (CALL(apart.pred, NULL, NULL, &value) != FASTLOSS_OK) continue; /* a domain that these numbers are not in */
    EXPECT(CALL(apart.pred, apart.grad, curved ? apart.hess : NULL, NULL) == FASTLOSS_OK);
    memcpy(over.pred, apart.pred, bytes);
    EXPECT(CALL(over.pred, over.pred, curved ? over.hess : NULL, &other) == FASTLOSS_OK);
    EXPECT(same(&value, &other, sizeof value) && same(over.pred, apart.grad, bytes));
    EXPECT(!curved || same(over.hess, apart.hess, bytes));
    memcpy(over.pred, apart.pred, bytes);
    if (curved) {
      EXPECT(CALL(over.pred, over.grad, over.pred, &other) == FASTLOSS_OK);
      EXPECT(same(&value, &other, sizeof value) && same(over.grad, apart.grad, bytes));
      EXPECT(same(over.pred, apart.hess, bytes));
    }
    ++compared;
  }
  fastloss_loss_destroy(loss);
  return compared;
}

static void aliased(void) {
  int compared = 0;
  const char* name = NULL;
  for (size_t i = 0; (name = fastloss_loss_name_at(i)) != NULL; ++i)
    for (int logits = 0; logits < 2; ++logits) compared += aliased_loss(name, logits);
  EXPECT(compared >= 16 * 16); /* at least sixteen losses, with and without logits */
}

static void threads(void) {
  const int32_t before = fastloss_get_num_threads();
  EXPECT(before >= 1);
  EXPECT(fastloss_set_num_threads(3) == FASTLOSS_OK && fastloss_get_num_threads() == 3);
  EXPECT_ERROR(fastloss_set_num_threads(0), FASTLOSS_PARAMETER_ERROR,
               "set_num_threads: n_threads is 0, wanted: an integer >= 1");
  EXPECT(fastloss_set_num_threads(before) == FASTLOSS_OK);
}

void results(void) {
  resources();
  polled();
  totals();
  contiguous();
  aliased();
  threads();
}
