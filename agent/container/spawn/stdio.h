// Standard streams: pipes or a terminal, from both sides.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/container/rootfs/root_path.h"
#include "agent/process/streams.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/proto/oci.pb.h"

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
// A new terminal of the devpts that is mounted at /dev/pts below `root`, of the given size (0: unset).
Result<Terminal> open_terminal(const RootPath& root, const grpc::Box& size);
// Makes the terminal /dev/console below `root` as well.
Result<> bind_console(const RootPath& root, int slave);

// Puts the streams on 0, 1 and 2 and gives them to the user, who may want to open /dev/stdout.
Result<> install_pipes(const ChildStdio& stdio, const grpc::User& user);
// Puts a terminal there, which becomes the session's controlling one. The caller has called setsid() before.
Result<> install_terminal(int slave, const grpc::User& user);

}  // namespace kata::agent
