// A container of the pod, as the sandbox keeps it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/oci/hooks.h"
#include "lib/proto/oci.pb.h"
#include "runtime/sandbox/guest_removal.h"
#include "runtime/sandbox/oom_kills.h"
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
  bool no_new_keyring = false;
};

// Written by the operation that creates it, before anybody else sees it, and by the one that deletes it.
struct Container {
  std::string id;
  std::string bundle;
  bool owns_sandbox = false;  // the pod's first, which boots the machine
  std::string oci_version;
  std::map<std::string, std::string> annotations;
  grpc::Hooks hooks;
  storage::ContainerStorage storage;     // only whoever creates or removes the container uses it
  std::shared_ptr<Process> init;         // its first process
  std::vector<grpc::LinuxDevice> disks;  // its devices that are disks of the machine, with the host's numbers
  std::string termination_log;           // on the host, where the container has a copy of it; empty: nowhere
  bool has_disks = false;                // of any kind: they are to be left before the machine is stopped
  GuestRemoval guest_removal;
  bool joined_first = false;  // it sees the processes of the pod's first container
  OomKills oom_kills;

  // A pod's first container only holds the pod: it runs no workload.
  bool holds_pod() const;
  oci::HookState hook_state(std::string status, pid_t pid) const {
    return {oci_version, id, std::move(status), pid, bundle, annotations};
  }
};

}  // namespace kata
