// A process's stdio on the host: FIFOs that the shim opens by path, and a console for an engine.
#pragma once

#include <string>

#include "cli/container/shim_client.h"
#include "cli/container/store.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::cli {

// The FIFOs, and the stand-in's ends of them: open before the shim opens its own, so that no byte
// and no end of file is missed. All non-blocking.
struct Streams {
  StreamPaths paths;
  UniqueFd in;   // written by the stand-in
  UniqueFd out;  // read by it
  UniqueFd err;  // none with a terminal
};

// Makes <place>/<prefix>{in,out,err}. On failure nothing is left.
Result<Streams> make_streams(const Place& place, const std::string& prefix, bool terminal);
// The FIFOs' names are of no use any more once the shim has opened them.
void unlink_streams(const StreamPaths& paths);

// A new pseudo-terminal whose master goes over the engine's socket, as runc does it (SCM_RIGHTS, the
// slave's name as data). Returns the slave. A size of 0 x 0 leaves it to the other side.
struct ConsoleSize {
  uint32_t width = 0;
  uint32_t height = 0;
};
Result<UniqueFd> send_console(const std::string& socket, const ConsoleSize& size);

}  // namespace kata::cli
