// A container of the pod, as the sandbox keeps it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "lib/oci/hooks.h"
#include "lib/proto/oci.pb.h"
#include "runtime/sandbox/process.h"
#include "runtime/storage/container_storage.h"
#include "runtime/storage/guest_copies.h"

namespace kata {

// What create() is asked for.
struct CreateRequest {
  std::string id;
  std::string bundle;
  std::vector<storage::Mount> rootfs;
  Stdio stdio;
  pid_t standin = 0;
  std::string config;  // configuration file named by the caller; empty: the sandbox's own
};

// A process that exec() added: its specification waits for its start.
struct ExecProcess {
  std::shared_ptr<Process> process;
  std::optional<grpc::Process> spec;
};

// Plain data; the sandbox's lock guards what changes (execs, busy). The rest is written before the
// container can be found.
struct Container {
  std::string id;
  std::string bundle;
  bool owns_sandbox = false;  // its end is the machine's
  std::string oci_version;
  std::map<std::string, std::string> annotations;
  grpc::Hooks hooks;
  grpc::LinuxResources resources;  // what counts for the machine's size; guarded by Sandbox::fitting_
  storage::Attached attached;
  std::vector<storage::DiskAddress> disks;       // one for each of the plan's
  std::unique_ptr<storage::GuestCopies> copies;  // with shared_fs = "none"
  std::shared_ptr<Process> first;
  std::map<std::string, ExecProcess> execs;
  // The operation that is under way and tolerates no other ("deleted"); empty: none.
  std::string busy;

  oci::HookState hook_state(std::string status, pid_t pid) const {
    return {oci_version, id, std::move(status), pid, bundle, annotations};
  }
};

}  // namespace kata
