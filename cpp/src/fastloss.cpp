// The door of the core: a call is checked once, here, and routed to its room.
#include <fastloss/loss.h>
#include <fastloss/version.h>

#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/parallel.h"
#include "block/run.h"
#include "checks.h"
#include "dispatch.h"
#include "pairs/engine.h"
#include "pointwise/engine.h"
#include "rows/engine.h"
#include "totals_state.h"

namespace fastloss {

namespace {

// Runs the engine of the loss's room.
Outcome run(const Resolved& loss, const Job& job, Poll& poll, Faults& faults, bool wide) {
  switch (loss.entry.room) {
    case Room::pointwise:
      return run_pointwise(job, poll, faults, wide);
    case Room::rows:
      return run_rows(job, poll, faults, wide);
    case Room::pairs:
      return run_pairs(job, poll, faults, wide);
  }
  return {};
}

}  // namespace

double Door::evaluate(const Resolved& loss, const Call& call) {
  const Definition& definition = loss.definition();
  Job job;
  const FloatMode mode;
  const Shapes shapes = check_call(loss, call, job);
  Totals::State totals;
  if (call.totals != nullptr) {
    if (!job.reduced || !job.mean || job.want_grad)
      setting_error(std::string(definition.class_name) + ": totals are those of a mean without derivatives");
    job.sum_into = &totals.sum, job.weight_into = &totals.weight;
  }
  if (call.dry_run) return 0.0;
  Poll poll(call.poll, call.poll_context);
  Faults faults;
  Workspace workspace(call.workspace, false);
  job.workspace = &workspace;
  Outcome outcome;
  if (job.terms > 0) outcome = run(loss, job, poll, faults, shapes.wide);
  if (workspace.too_small())
    setting_error(std::string(definition.class_name) + ": workspace has " + std::to_string(call.workspace.size()) +
                  " bytes, wanted: " + std::to_string(workspace.wanted()));
  if (faults.any()) raise(loss, call, shapes, faults.first());
  if (poll.stopped()) interrupted(definition);
  if (call.totals != nullptr) {
    call.totals->state_->sum.add(totals.sum);
    call.totals->state_->weight.add(totals.weight);
  }
  if (!job.reduced) return 0.0;
  const double value = call.reduction == Reduction::sum ? call.scale * outcome.sum
                       : outcome.weight == 0.0          ? std::nan("")
                                                        : call.scale * (outcome.sum / outcome.weight);
  if (call.value != nullptr) std::memcpy(call.value->data, &value, sizeof value);
  return value;
}

std::size_t Door::workspace_size(const Resolved& loss, const Call& call) {
  Job job;
  const FloatMode mode;
  const Shapes shapes = check_call(loss, call, job);
  job.want_grad = job.want_hess = true;
  Poll poll(nullptr, nullptr);
  Faults faults;
  Workspace workspace({}, true);
  job.workspace = &workspace;
  if (job.terms > 0) run(loss, job, poll, faults, shapes.wide);
  return static_cast<std::size_t>(workspace.wanted());
}

Loss::Loss(std::string_view name, const Parameters& parameters)
    : Loss(name, std::span<const Field>(fields_of(parameters))) {}
Loss::Loss(std::string_view name, std::span<const Field> fields) : state_(make_state(name, fields)) {}

std::string_view Loss::name() const noexcept { return state_->resolved.definition().name; }
std::string_view Loss::class_name() const noexcept { return state_->resolved.definition().class_name; }
const char* Loss::input_name(int i) const noexcept { return state_->resolved.definition().inputs[i].name; }
const Parameters& Loss::parameters() const noexcept { return state_->given; }
int Loss::n_inputs() const noexcept { return input_count(state_->resolved.definition()); }
int Loss::n_differentiable() const noexcept { return differentiable_count(state_->resolved.definition()); }

std::vector<std::int64_t> Loss::term_shape(std::span<const ConstArray> inputs) const {
  const Shapes shapes = check_inputs(state_->resolved, inputs, false);
  return {shapes.terms, shapes.terms + shapes.ndim};
}

double Loss::evaluate(const Call& call) const { return Door::evaluate(state_->resolved, call); }
std::size_t Loss::workspace_size(const Call& call) const { return Door::workspace_size(state_->resolved, call); }

void set_num_threads(int n) {
  if (n < 1) setting_error("set_num_threads: n_threads is " + std::to_string(n) + ", wanted: an integer >= 1");
  set_default_threads(n);
}

int get_num_threads() noexcept { return default_threads(); }

int swap_thread_override(int n) {
  if (n < 0) setting_error("num_threads: n is " + std::to_string(n) + ", wanted: an integer >= 1");
  return swap_override(n);
}

Config config() {
  Config config;
  config.version = FASTLOSS_RELEASE;
  config.isa = name_of(chosen_isa());
  config.threading = "std::thread";
  config.threads_notice = threads_notice();
#if defined(__clang__)
  config.compiler = "Clang " __clang_version__;
#elif defined(__GNUC__)
  config.compiler = "GCC " __VERSION__;
#endif
  for (const Isa isa : compiled_isas()) {
    config.isa_compiled.emplace_back(name_of(isa));
    if (cpu_has(isa)) config.isa_available.emplace_back(name_of(isa));
  }
  return config;
}

}  // namespace fastloss
