#include "runtime/sandbox/pod_state.h"

#include "runtime/sandbox/pod_parts.h"

namespace kata {

namespace pod {

std::string_view state_name(const Life& life) {
  if (std::holds_alternative<New>(life)) return "new";
  if (std::holds_alternative<Booting>(life)) return "starting";
  if (std::holds_alternative<Running>(life)) return "running";
  return std::holds_alternative<Ending>(life) ? "ending" : "ended";
}

}  // namespace pod

PodState::PodState(std::string sandbox_id) : id(std::move(sandbox_id)) {}
PodState::~PodState() = default;

}  // namespace kata
