// A container of the pod, as the sandbox keeps it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/oci/hooks.h"
#include "lib/proto/oci.pb.h"
#include "runtime/sandbox/process.h"
#include "runtime/storage/container_storage.h"

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

// Written by the operation that creates it, before anybody else sees it, and by the one that deletes it.
struct Container {
  std::string id;
  std::string bundle;
  bool owns_sandbox = false;  // its end is the machine's
  std::string oci_version;
  std::map<std::string, std::string> annotations;
  grpc::Hooks hooks;
  storage::ContainerStorage storage;  // only whoever creates or removes the container uses it
  std::shared_ptr<Process> init;      // its first process

  // A pod's first container only holds the pod: it runs no workload.
  bool holds_pod() const;
  oci::HookState hook_state(std::string status, pid_t pid) const {
    return {oci_version, id, std::move(status), pid, bundle, annotations};
  }
};

}  // namespace kata
