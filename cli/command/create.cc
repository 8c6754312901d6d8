#include "cli/command/create.h"

#include "cli/container/status.h"
#include "cli/process/foreground.h"
#include "lib/base/concat.h"

namespace kata::cli {

Result<> refuse_descriptors(int count) {
  if (count == 0) return {};
  return Error::make(
      Code::kInvalidArgument,
      concat("--preserve-fds ", count, ": a descriptor of the host cannot be passed into a virtual machine"));
}

Result<int> run_create(const Globals& globals, const RunOptions& options) {
  TRY(refuse_descriptors(options.preserve_fds));
  auto signals = TRY(Signals::block());
  auto request = options.request;
  request.detached = true;
  auto container = TRY(NewContainer::create(globals, request, signals));
  TRY(container.announce(request));
  TRY(container.go());
  container.keep();
  return 0;
}

Result<int> run_start(const Globals& globals, const std::string& id) {
  auto container = TRY(find_container(globals, id));
  switch (container.state.status) {
    case Status::kCreated:
      break;
    case Status::kStopped:
      return Error::make(Code::kFailedPrecondition, "cannot start a container that has stopped").wrap(id);
    case Status::kCreating:
      return Error::make(Code::kFailedPrecondition, "cannot start a container that is still being created").wrap(id);
    default:
      return Error::make(Code::kFailedPrecondition, "cannot start an already running container").wrap(id);
  }
  TRY(container.shim->start({}));
  return 0;
}

Result<int> run_run(const Globals& globals, const RunOptions& options) {
  TRY(refuse_descriptors(options.preserve_fds));
  auto signals = TRY(Signals::block());
  auto container = TRY(NewContainer::create(globals, options.request, signals));
  TRY(container.announce(options.request));
  TRY(container.start(signals));
  TRY(container.go());
  if (options.request.detached) {
    container.keep();
    return 0;
  }
  int code = TRY(wait_in_foreground(container.standin(), signals, {}, [] {}));
  if (options.keep) {
    container.keep();
  } else {
    TRY(container.remove());
  }
  return code;
}

}  // namespace kata::cli
