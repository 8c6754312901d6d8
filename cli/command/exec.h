// exec: another process in a running container.
#pragma once

#include <string>
#include <vector>

#include "cli/container/globals.h"
#include "lib/base/result.h"

namespace grpc {
class Process;
}

namespace kata::cli {

struct ExecOptions {
  std::string id;
  std::vector<std::string> command;
  std::string process_file;  // --process: the whole process as JSON, instead of all below
  std::string console_socket;
  std::string console;
  std::string pid_file;
  std::string pidfd_socket;
  bool detach = false;
  bool tty = false;
  bool tty_given = false;
  std::string cwd;
  std::vector<std::string> env;
  std::string user;  // uid[:gid]
  std::vector<uint32_t> additional_gids;
  std::vector<std::string> capabilities;
  std::string process_label;
  std::string apparmor;
  bool no_new_privileges = false;
  bool ignore_paused = false;
  int preserve_fds = 0;
};

Result<int> run_exec(const Globals& globals, const ExecOptions& options);

// The container's own process with the command and options put over it.
Result<grpc::Process> merge_process(grpc::Process process, const ExecOptions& options);

struct UserIds {
  uint32_t uid = 0;
  bool has_gid = false;
  uint32_t gid = 0;
};
Result<UserIds> parse_user(const std::string& text);

}  // namespace kata::cli
