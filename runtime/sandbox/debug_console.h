// A way from the host to the root shell that the agent offers when debug_console_enabled is set: a Unix socket in the
// pod's directory. Whoever may open it may do so anyway: only root.
#pragma once

#include <functional>
#include <string>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "runtime/sandbox/threads.h"

namespace kata {

// <run directory>/<sandbox id>/debug-console.sock
std::string debug_console_socket(const std::string& run_directory, const std::string& sandbox_id);

// Thread-safe.
class DebugConsole {
 public:
  // `dial` connects to the guest's console. One after the other is served: who comes meanwhile waits.
  Result<> serve(const std::string& socket, std::function<Result<UniqueFd>()> dial, Threads& threads);
  // Ends the thread soon, and the shell of whoever is connected.
  void stop();

 private:
  Mutex mutex_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  UniqueFd stop_ GUARDED_BY(mutex_);
};

}  // namespace kata
