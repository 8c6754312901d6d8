// The pod's files: the directory that is shared with its guest, the daemon that may serve it, disks, and copies.
#pragma once

#include <memory>
#include <string>

#include "lib/proto/agent.pb.h"
#include "runtime/machine/machine.h"
#include "runtime/sandbox/container.h"
#include "runtime/sandbox/guest.h"
#include "runtime/sandbox/options.h"
#include "runtime/sandbox/pod_directory.h"
#include "runtime/sandbox/pod_settings.h"
#include "runtime/sandbox/threads.h"
#include "runtime/storage/disks.h"
#include "runtime/storage/shared_directory.h"
#include "runtime/storage/shared_sources.h"
#include "runtime/virtiofsd/daemon.h"

namespace kata {

// share(), use_disks() and stop() are called by who boots the machine or takes it down, when nobody else uses this
// object; the rest is thread-safe, one operation for each container at a time.
class Sharing {
 public:
  Sharing(const SandboxOptions& options, const PodSettings& settings, const PodDirectory& directory)
      : options_(options), settings_(settings), directory_(directory) {}

  // Decides what the container needs. Changes nothing on the host.
  Result<> plan(const CreateRequest& request, const grpc::Spec& spec, Container& container) const;

  // Makes the shared directory, and what serves it, for this machine. The directory has this context where the machine
  // has one of SELinux's.
  Result<> share(hypervisor::VmConfig& vm, const std::string& context = {});
  // Disks go into this machine, which outlives this object's use.
  void use_disks(hypervisor::Vm& vm);
  // Why the machine has not started: a VMM that cannot reach the daemon says only that; the daemon says why.
  Error why_not_started(const Error& vmm) const;
  // The machine ends with the daemon: without its files the pod cannot go on, and what is in flight would hang for
  // ever.
  Result<> watch_daemon(Machine& machine, Threads& threads);

  // What the guest mounts for all of its containers.
  void add_storages(const storage::Needs& needs, grpc::CreateSandboxRequest& request) const;

  // A container's: on the host, and then in the guest.
  Result<> attach(Container& container);
  // What is attached is what the process that stands for the container sees of the host: once it has been created in
  // the guest.
  Result<storage::HostView> view(const Container& container) const { return container.storage.host_view(host()); }
  Result<> show(storage::HostView view, pid_t standin) const;
  Result<> bring_into_guest(Container& container, AgentClient& agent);
  // When it has been created there.
  void seal(Container& container) { container.storage.seal(host()); }
  // Gives back what the container has. `guest_lives`: its disks are unplugged as well.
  enum class GuestLives { kYes, kNo };
  void release(Container& container, GuestLives guest_lives);

  void stop();  // the daemon
  bool shares() const { return shared_ != nullptr; }
  std::vector<pid_t> helpers() const;  // the daemon, when there is one

 private:
  std::string socket() const;
  storage::HostSide host() const {
    return {*directory_.journal, shared_.get(), sources_.get(), options_.engine_mounts.get()};
  }
  Result<> start_daemon(const std::string& security_context);

  const SandboxOptions& options_;
  const PodSettings& settings_;
  const PodDirectory& directory_;
  std::unique_ptr<storage::SharedDirectory> shared_;
  std::unique_ptr<storage::SharedSources> sources_;
  std::unique_ptr<virtiofsd::Daemon> daemon_;
  std::unique_ptr<storage::Disks> disks_;
};

}  // namespace kata
