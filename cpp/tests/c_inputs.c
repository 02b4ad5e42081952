/* What C is told of a loss's inputs and of its terms, before a call. */
#include <math.h>

#include "c_check.h"

/* Names, roles, shapes and domains of one loss's inputs. */
void inputs_of(const fastloss_loss* loss) {
  const int32_t n = fastloss_loss_n_inputs(loss), differentiable = fastloss_loss_n_differentiable(loss);
  double low = 1.0, high = 0.0;
  int32_t between;
  for (int32_t i = 0; i < n; ++i) {
    const char *role = fastloss_loss_input_role(loss, i), *shape = fastloss_loss_input_shape(loss, i);
    EXPECT(fastloss_loss_input_name(loss, i) != NULL && role != NULL && shape != NULL);
    EXPECT((strcmp(role, "real") == 0) == (i < differentiable));
    EXPECT(strcmp(role, "real") == 0 || strcmp(role, "given") == 0 || strcmp(role, "labels") == 0);
    EXPECT(fastloss_loss_input_domain(loss, i, &low, &high, &between) == FASTLOSS_OK && low <= high);
  }
  for (int32_t i = -1; i <= n; i += n + 1) {
    char text[64];
    EXPECT(fastloss_loss_input_name(loss, i) == NULL && fastloss_loss_input_role(loss, i) == NULL);
    EXPECT(fastloss_loss_input_shape(loss, i) == NULL && fastloss_loss_input_dense(loss, i) == NULL);
    snprintf(text, sizeof text, "i is %d, wanted: 0 to %d", (int)i, (int)n - 1);
    EXPECT_ERROR(fastloss_loss_input_domain(loss, i, &low, &high, &between), FASTLOSS_PARAMETER_ERROR, text);
  }
}

/* What is known of an input before a call, and of the terms. */
void inputs(void) {
  float pred[56] = {0.5f};
  int32_t target[14] = {0};
  double low, high;
  int32_t between;
  fastloss_parameter logits = parameter("from_logits", FASTLOSS_FLAG, 1, 0.0);
  fastloss_loss* loss = made("scce", NULL, 0);
  EXPECT(strcmp(fastloss_loss_input_role(loss, 0), "real") == 0);
  EXPECT(strcmp(fastloss_loss_input_role(loss, 1), "labels") == 0);
  EXPECT(strcmp(fastloss_loss_input_shape(loss, 0), "*b C") == 0);
  EXPECT(strcmp(fastloss_loss_input_shape(loss, 1), "*b") == 0);
  EXPECT(fastloss_loss_input_domain(loss, 0, &low, &high, &between) == FASTLOSS_OK && low == 0.0 && high == 1.0);
  EXPECT(between == 1 && fastloss_loss_has_hessian(loss) == 1 && fastloss_loss_has_hessian(NULL) == 0);
  EXPECT(fastloss_loss_input_dense(loss, 1) == NULL);
  EXPECT(fastloss_loss_input_domain(loss, 1, &low, &high, &between) == FASTLOSS_OK && low == 0.0 && high > 1e300);
  EXPECT_ERROR(fastloss_loss_input_domain(loss, 1, NULL, &high, &between), FASTLOSS_PARAMETER_ERROR,
               "low is a null pointer");
  EXPECT_ERROR(fastloss_loss_input_domain(loss, 1, &low, NULL, &between), FASTLOSS_PARAMETER_ERROR,
               "high is a null pointer");
  EXPECT_ERROR(fastloss_loss_input_domain(loss, 1, &low, &high, NULL), FASTLOSS_PARAMETER_ERROR,
               "between is a null pointer");
  fastloss_loss_destroy(loss);
  loss = made("scce", &logits, 1);
  EXPECT(fastloss_loss_input_domain(loss, 0, &low, &high, &between) == FASTLOSS_OK && low == -INFINITY &&
         high == INFINITY);
  EXPECT_ERROR(fastloss_loss_input_domain(NULL, 0, &low, &high, &between), FASTLOSS_PARAMETER_ERROR,
               "loss is a null pointer");

  const int64_t shape[] = {2, 7, 4}; /* classes last */
  fastloss_array of[] = {array(pred, FASTLOSS_FLOAT32, 3, shape), array(target, FASTLOSS_INT32, 2, shape)};
  int64_t terms[FASTLOSS_MAX_NDIM];
  int32_t ndim = -1;
  EXPECT(fastloss_terms_shape(loss, of, 2, terms, &ndim) == FASTLOSS_OK);
  EXPECT(ndim == 2 && terms[0] == 2 && terms[1] == 7);
  of[1].ndim = 1;
  EXPECT_ERROR(fastloss_terms_shape(loss, of, 2, terms, &ndim), FASTLOSS_SHAPE_ERROR,
               "SparseCategoricalCrossEntropy: target has shape (2,), pred has shape (2, 7, 4): wanted (2, 7)");
  EXPECT_ERROR(fastloss_terms_shape(loss, of, 1, terms, &ndim), FASTLOSS_SHAPE_ERROR,
               "SparseCategoricalCrossEntropy: takes 2 arrays as inputs, 1 were given");
  EXPECT_ERROR(fastloss_terms_shape(loss, NULL, 2, terms, &ndim), FASTLOSS_PARAMETER_ERROR, "inputs is a null pointer");
  EXPECT_ERROR(fastloss_terms_shape(loss, of, 2, NULL, &ndim), FASTLOSS_PARAMETER_ERROR, "shape is a null pointer");
  EXPECT_ERROR(fastloss_terms_shape(loss, of, 2, terms, NULL), FASTLOSS_PARAMETER_ERROR, "ndim is a null pointer");
  EXPECT_ERROR(fastloss_terms_shape(NULL, of, 2, terms, &ndim), FASTLOSS_PARAMETER_ERROR, "loss is a null pointer");
  fastloss_loss_destroy(loss);

  /* Entries of boxes that lie far out of memory: no data are read, and none of their addresses is formed. */
  const int64_t boxes[] = {3, 4}, far[] = {0, -((int64_t)1 << 58)};
  fastloss_call call = FASTLOSS_CALL_INIT;
  size_t bytes = 0;
  loss = made("giou", NULL, 0);
  of[0] = array(pred, FASTLOSS_FLOAT32, 2, boxes), of[1] = array(pred, FASTLOSS_FLOAT32, 2, boxes);
  of[0].strides = far;
  call.inputs = of, call.n_inputs = 2;
  EXPECT(fastloss_workspace_size(loss, &call, &bytes) == FASTLOSS_OK);
  fastloss_loss_destroy(loss);
}
