// do: a command in a virtual machine of its own, without an engine, an image or a bundle.
#pragma once

#include <string>
#include <vector>

#include "cli/command/exec.h"
#include "cli/container/globals.h"
#include "lib/base/result.h"

namespace grpc {
class Mount;
class Spec;
}  // namespace grpc

namespace kata::cli {

struct DoOptions {
  std::vector<std::string> command;
  std::string rootfs;  // empty: the busybox in the guest image
  std::string memory;  // of the machine: MiB, or with a suffix
  uint32_t cpus = 0;
  std::vector<std::string> env;
  std::vector<std::string> volumes;  // HOST:GUEST[:ro]
  std::string workdir;
  std::string user;  // U[:G], names or numbers
  bool interactive = false;
  bool tty = false;
  bool timing = false;
  bool net = false;
};

Result<int> run_do(const Globals& globals, const DoOptions& options);

// The container that the options describe. `etc` holds passwd and group for the user's names.
Result<grpc::Spec> do_spec(const DoOptions& options, const std::string& etc);
Result<grpc::Mount> parse_volume(const std::string& text);

// A name or number of `etc`/passwd and `etc`/group; without a group, the user's own.
Result<UserIds> find_user(const std::string& text, const std::string& etc);

// Machine memory in MiB: "512" is MiB already, "2G" and the like are turned into it.
Result<uint64_t> parse_machine_memory(const std::string& text);

}  // namespace kata::cli
