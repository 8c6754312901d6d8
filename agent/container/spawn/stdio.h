// Standard streams: pipes or a terminal, from both sides.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/process/streams.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/root_path.h"

namespace kata::agent {

// The child's ends.
struct ChildStdio {
  UniqueFd in;
  UniqueFd out;
  UniqueFd err;
  std::vector<int> all() const;
};

// Three pipes, as large as an unprivileged process may have, for throughput.
struct PipeSet {
  StreamFds ours;
  ChildStdio child;
};
Result<PipeSet> make_pipes();

// --- in the child ---

struct Terminal {
  UniqueFd master;
  UniqueFd slave;
};
// A new terminal of the devpts that is mounted at /dev/pts below `root`, of the size (0: unset) and the kind that the
// process asks for.
Result<Terminal> open_terminal(const sys::RootPath& root, const grpc::Process& process);
// Makes the terminal /dev/console below `root` as well.
Result<> bind_console(const sys::RootPath& root, int slave);

// Puts the streams on 0, 1 and 2.
Result<> install_pipes(const ChildStdio& stdio);
// Puts a terminal there, which becomes the session's controlling one. The caller has called setsid() before.
Result<> install_terminal(int slave, const grpc::User& user);

}  // namespace kata::agent
