// The stand-in: a child that an engine may reap in place of the container's process.
#pragma once

#include <string>
#include <vector>

#include "cli/process/standin_namespaces.h"
#include "cli/process/streams.h"
#include "lib/base/result.h"
#include "lib/sys/process.h"

namespace kata::cli {

enum class StandinMode { kPipes, kTerminal, kConsole };

struct StandinPlan {
  std::string id;
  std::string exec_id;                 // empty: the container's first process
  std::vector<std::string> arguments;  // the workload's, which engines show as its own
  StandinNamespaces where;
  StandinMode mode = StandinMode::kPipes;
  int console = -1;  // kConsole: the slave, which becomes stdin, stdout and stderr
  // It outlives this process, in a session of its own that the caller's terminal doesn't signal.
  // Otherwise it dies with this process, and the workload with it: nobody would be left to end them.
  bool detached = false;
};

// Whose terminal it has, as choose_console() has left the plan: in a session of its own never the user's.
Terminal terminal_of(const StandinPlan& plan);

// Where a process with a terminal gets it: a new console for an engine's socket, a terminal by path
// (as kata-runtime 1.x took it), or, when both are empty, the caller's own. The descriptor must live
// until the spawn.
Result<UniqueFd> choose_console(StandinPlan& plan, const std::string& socket, const std::string& path,
                                const ConsoleSize& size);

// One stand-in that waits for its go, and has let go of the host's files. Killed and reaped by the destructor unless it
// was let go.
class Standin {
 public:
  // Connects to the shim's socket for it. The stream ends move to the child.
  static Result<Standin> spawn(const StandinPlan& plan, const std::string& shim_socket, Streams& streams);
  Standin(Standin&&) = default;
  Standin& operator=(Standin&&) = delete;
  ~Standin();

  pid_t pid() const { return child_.pid; }
  int pidfd() const { return child_.pidfd.get(); }
  Result<> go();
  // It lives on without us.
  void release() { child_.pid = -1; }
  // Blocks until its end.
  Result<sys::ExitStatus> wait();

 private:
  Standin(sys::Child child, UniqueFd orders) : child_(std::move(child)), orders_(std::move(orders)) {}
  sys::Child child_;
  UniqueFd orders_;
};

}  // namespace kata::cli
