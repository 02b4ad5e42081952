/* fastloss from C11: a cross-entropy with its gradient, by the short call and by the one that can do everything. */
#include <fastloss/fastloss_c.h>

#include <stdio.h>

static int failed(const char* what) {
  fprintf(stderr, "%s: %s\n", what, fastloss_error_message());
  return 1;
}

int main(void) {
  const float scores[2][3] = {{2.0f, 0.5f, -1.0f}, {0.0f, 0.0f, 3.0f}};
  const int32_t labels[2] = {0, 1};
  const int64_t shape[2] = {2, 3};
  float grad[2][3];
  double value;

  fastloss_parameter from_logits = FASTLOSS_PARAMETER_INIT;
  from_logits.name = "from_logits";
  from_logits.kind = FASTLOSS_FLAG;
  from_logits.integer = 1;
  fastloss_loss* loss;
  if (fastloss_loss_create("sparse_categorical_cross_entropy", &from_logits, 1, &loss)) return failed("create");

  if (fastloss_contiguous(loss, FASTLOSS_FLOAT32, FASTLOSS_INT32, 2, shape, scores, labels, NULL, grad, NULL, &value))
    return failed("contiguous");
  printf("fastloss %s: loss %.6f\n", fastloss_version(), value);
  for (int i = 0; i < 2; ++i) printf("gradient %9.6f %9.6f %9.6f\n", grad[i][0], grad[i][1], grad[i][2]);

  /* The same in a struct, where weights, strides, scale, threads and more can be said. */
  fastloss_array inputs[2] = {FASTLOSS_ARRAY_INIT, FASTLOSS_ARRAY_INIT};
  inputs[0].data = (void*)scores;
  inputs[0].shape = shape;
  inputs[0].ndim = 2;
  inputs[1].data = (void*)labels;
  inputs[1].shape = shape; /* (2,) */
  inputs[1].ndim = 1;
  inputs[1].dtype = FASTLOSS_INT32;
  fastloss_call call = FASTLOSS_CALL_INIT;
  call.inputs = inputs;
  call.n_inputs = 2;
  call.reduction = FASTLOSS_SUM;
  call.n_threads = 1;
  double sum;
  if (fastloss_evaluate(loss, &call, &sum)) return failed("evaluate");
  printf("sum of the rows' losses %.6f\n", sum);

  const int32_t wrong[2] = {0, 3};
  const fastloss_status status =
      fastloss_contiguous(loss, FASTLOSS_FLOAT32, FASTLOSS_INT32, 2, shape, scores, wrong, NULL, NULL, NULL, NULL);
  printf("status %d: %s\n", status, fastloss_error_message());
  fastloss_loss_destroy(loss);
  return sum == 2.0 * value && status == FASTLOSS_LABEL_ERROR ? 0 : 1;
}
