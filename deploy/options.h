// kata-deploy's command line.
#pragma once

#include <chrono>
#include <string>

namespace kata::deploy {

enum class Action {
  kInstall,
  kCleanup,
  kReset,
  kHostCheck,        // install-stage-host-check
  kCopy,             // install-stage-artifacts
  kRegister,         // install-stage-cri
  kUnregister,       // cleanup-stage-revert-cri
  kRemoveCopy,       // cleanup-stage-remove-artifacts
  kPostInstallWait,  // internal-post-install-wait
  kDockerInstall,    // kata-deploy-docker install
  kDockerRemove,     // kata-deploy-docker remove
};

struct Options {
  Action action = Action::kInstall;
  std::string host = "/host";                     // where this process sees the node's root directory
  std::string artifacts = "/opt/kata-artifacts";  // what is copied
  std::string service_account = "/var/run/secrets/kubernetes.io/serviceaccount";
  std::string termination_log = "/dev/termination-log";
  bool dry_run = false;
  bool once = false;   // return when it is done, in a DaemonSet too
  bool checks = true;  // ask the installed program whether the node can run it
  std::chrono::seconds patience{120};
};

struct Line {
  Options options;
  bool runs = false;  // false: it was answered (--help, --version), or is wrong
  int exit_status = 0;
};

bool is_for_docker(Action action);

// Prints help, the version and mistakes itself. The old image's second program, kata-deploy-docker, is this one by that
// name, or with that name as its first argument.
Line read_line(int count, char** values);

}  // namespace kata::deploy
