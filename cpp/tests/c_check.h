/* What the tests in C say when something is wrong, and the structs that they fill. */
#pragma once

#include <fastloss/fastloss_c.h>

#include <stdio.h>
#include <string.h>

extern int failures;
void results(void); /* c_results.c */
void inputs(void);  /* c_inputs.c, and this: what is known of one loss's inputs */
void inputs_of(const fastloss_loss* loss);

static inline void expect(int right, const char* what, int line) {
  if (right) return;
  printf("FAILED at line %d: %s; the last message is '%s'\n", line, what, fastloss_error_message());
  ++failures;
}
#define EXPECT(right) expect(right, #right, __LINE__)

static inline void expect_error(fastloss_status given, fastloss_status wanted, const char* message, int line) {
  if (given == wanted && strcmp(fastloss_error_message(), message) == 0) return;
  printf("FAILED at line %d: status %d with '%s', expected %d with '%s'\n", line, (int)given, fastloss_error_message(),
         (int)wanted, message);
  ++failures;
}
#define EXPECT_ERROR(given, wanted, message) expect_error(given, wanted, message, __LINE__)

static inline fastloss_loss* made(const char* name, const fastloss_parameter* parameters, size_t n) {
  fastloss_loss* loss = NULL;
  EXPECT(fastloss_loss_create(name, parameters, n, &loss) == FASTLOSS_OK && loss != NULL);
  return loss;
}

static inline fastloss_parameter parameter(const char* name, int32_t kind, int64_t integer, double real) {
  fastloss_parameter p = FASTLOSS_PARAMETER_INIT;
  p.name = name, p.kind = kind, p.integer = integer, p.real = real;
  return p;
}

static inline fastloss_array array(void* data, int32_t dtype, int32_t ndim, const int64_t* shape) {
  fastloss_array a = FASTLOSS_ARRAY_INIT;
  a.data = data, a.dtype = dtype, a.ndim = ndim, a.shape = shape;
  return a;
}
