// The C face over the C++ one: losses, totals and settings.
#include <fastloss/version.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "c_status.h"
#include "dispatch.h"
#include "registry.h"
#include "resolved.h"

namespace fastloss {
namespace {

thread_local char message[2048] = "";

Value value_of(const fastloss_parameter& parameter) {
  check_choice(parameter.kind, FASTLOSS_TEXT, "a fastloss_parameter's kind");
  if (parameter.unused != 0) setting_error("a fastloss_parameter's unused is not 0");
  switch (parameter.kind) {
    case FASTLOSS_FLAG:
      return parameter.integer != 0;
    case FASTLOSS_INTEGER:
      return parameter.integer;
    case FASTLOSS_REAL:
      return parameter.real;
    case FASTLOSS_REALS:
      if (parameter.count > 0) want(parameter.reals, "a fastloss_parameter's reals");
      if (parameter.count > PTRDIFF_MAX / sizeof(double)) out_of_memory();
      return std::vector<double>(parameter.reals, parameter.reals + parameter.count);
    case FASTLOSS_TEXT:
      want(parameter.text, "a fastloss_parameter's text");
      return std::string(parameter.text);
    default:
      return std::monostate();
  }
}

bool is_input(const fastloss_loss* loss, std::int32_t i) noexcept {
  return loss != nullptr && i >= 0 && i < loss->loss.n_inputs();
}
const Argument& argument(const fastloss_loss* loss, std::int32_t i) noexcept {
  return Door::resolved(loss->loss).definition().inputs[i];
}

}  // namespace

fastloss_status keep(const Error& error) noexcept {
  const std::size_t n = std::min(error.message.size(), sizeof message - 1);
  std::memcpy(message, error.message.data(), n);
  message[n] = '\0';
  return static_cast<fastloss_status>(error.status);
}

constexpr std::size_t most_struct = 4096;

void check_size(std::size_t given, std::size_t first, std::size_t own, std::size_t alignment, const void* data,
                const char* name) {
  if (given < first || given > most_struct || given % alignment != 0)
    setting_error(std::string(name) + " has size " + std::to_string(given) + ", wanted: " + std::to_string(own) +
                  "; is it the struct of another version?");
  const char* bytes = static_cast<const char*>(data);
  for (std::size_t i = own; i < given; ++i)
    if (bytes[i] != 0)
      setting_error(std::string(name) + " has size " + std::to_string(given) + " and says more than version " +
                    FASTLOSS_RELEASE + " knows");
}

void check_choice(std::int32_t given, std::int32_t last, const char* name) {
  if (given < 0 || given > last)
    setting_error(std::string(name) + " is " + std::to_string(given) + ", wanted: 0 to " + std::to_string(last));
}

}  // namespace fastloss

using namespace fastloss;

const char* fastloss_error_message() noexcept { return message; }
const char* fastloss_version() noexcept { return FASTLOSS_RELEASE; }
const char* fastloss_isa() noexcept {
  const char* name = nullptr;
  status_of([&] { name = name_of(chosen_isa()); });
  return name;
}

const char* fastloss_loss_name_at(std::size_t i) noexcept {
  const auto all = all_losses();
  return i < all.size() ? all[i].definition->name : nullptr;
}

fastloss_status fastloss_loss_create(const char* name, const fastloss_parameter* parameters, std::size_t n,
                                     fastloss_loss** loss) noexcept {
  if (loss != nullptr) *loss = nullptr;
  return status_of([&] {
    want(loss, "loss"), want(name, "name");
    if (n > 0) want(parameters, "parameters");
    Parameters given;
    for (std::size_t i = 0; i < n; ++i) {
      const fastloss_parameter parameter = element(parameters, i, "fastloss_parameter");
      want(parameter.name, "a fastloss_parameter's name");
      given.emplace_back(parameter.name, value_of(parameter));
    }
    *loss = new fastloss_loss{Loss(name, given)};
  });
}
void fastloss_loss_destroy(fastloss_loss* loss) noexcept { delete loss; }

const char* fastloss_loss_name(const fastloss_loss* loss) noexcept {
  return loss == nullptr ? nullptr : loss->loss.name().data();  // a literal
}
std::int32_t fastloss_loss_n_inputs(const fastloss_loss* loss) noexcept {
  return loss == nullptr ? 0 : loss->loss.n_inputs();
}
std::int32_t fastloss_loss_n_differentiable(const fastloss_loss* loss) noexcept {
  return loss == nullptr ? 0 : loss->loss.n_differentiable();
}
std::int32_t fastloss_loss_has_hessian(const fastloss_loss* loss) noexcept {
  return loss != nullptr && Door::resolved(loss->loss).definition().hessian ? 1 : 0;
}
const char* fastloss_loss_input_name(const fastloss_loss* loss, std::int32_t i) noexcept {
  return is_input(loss, i) ? loss->loss.input_name(i) : nullptr;
}
const char* fastloss_loss_input_role(const fastloss_loss* loss, std::int32_t i) noexcept {
  return is_input(loss, i) ? role_text(argument(loss, i).role) : nullptr;
}
const char* fastloss_loss_input_shape(const fastloss_loss* loss, std::int32_t i) noexcept {
  return is_input(loss, i) ? argument(loss, i).shape.text : nullptr;
}
const char* fastloss_loss_input_dense(const fastloss_loss* loss, std::int32_t i) noexcept {
  return is_input(loss, i) && argument(loss, i).dense.given() ? argument(loss, i).dense.text : nullptr;
}
fastloss_status fastloss_loss_input_domain(const fastloss_loss* loss, std::int32_t i, double* low, double* high,
                                           std::int32_t* between) noexcept {
  return status_of([&] {
    want(loss, "loss"), want(low, "low"), want(high, "high"), want(between, "between");
    check_choice(i, loss->loss.n_inputs() - 1, "i");
    const bool labels = argument(loss, i).role == InputRole::labels && !argument(loss, i).dense.given();
    const Interval domain = labels ? Interval{0.0, infinity} : Door::resolved(loss->loss).domain[i];
    *low = domain.open_low ? std::nextafter(domain.low, infinity) : domain.low;
    *high = domain.open_high ? std::nextafter(domain.high, -infinity) : domain.high;
    *between = domain.ends_alone ? 0 : 1;
  });
}

fastloss_status fastloss_totals_create(fastloss_totals** totals) noexcept {
  if (totals != nullptr) *totals = nullptr;
  return status_of([&] {
    want(totals, "totals");
    *totals = new fastloss_totals;
  });
}
void fastloss_totals_destroy(fastloss_totals* totals) noexcept { delete totals; }
fastloss_status fastloss_totals_merge(fastloss_totals* totals, const fastloss_totals* other) noexcept {
  return status_of([&] {
    want(totals, "totals"), want(other, "other");
    totals->totals.merge(other->totals);
  });
}
double fastloss_totals_sum(const fastloss_totals* totals) noexcept {
  return totals == nullptr ? std::nan("") : totals->totals.sum();
}
double fastloss_totals_weight(const fastloss_totals* totals) noexcept {
  return totals == nullptr ? std::nan("") : totals->totals.weight();
}
double fastloss_totals_mean(const fastloss_totals* totals) noexcept {
  return totals == nullptr ? std::nan("") : totals->totals.mean();
}

fastloss_status fastloss_set_num_threads(std::int32_t n) noexcept {
  return status_of([&] { set_num_threads(n); });
}
std::int32_t fastloss_get_num_threads() noexcept { return get_num_threads(); }
