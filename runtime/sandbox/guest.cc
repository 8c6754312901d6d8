#include "runtime/sandbox/guest.h"

namespace kata {

std::optional<Error> why_ended(Machine& machine) {
  if (!machine.agent().lost()) return {};
  if (auto cause = machine.cause(std::chrono::milliseconds(0))) return cause;
  return Error::make(Code::kUnavailable, "the sandbox was stopped");
}

}  // namespace kata
