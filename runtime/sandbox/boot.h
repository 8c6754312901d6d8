// The boot of a pod: from nothing to a machine whose agent has made the sandbox. A part of the creation of the pod's
// first container (creation.h), which has things of its own to do between these steps.
#pragma once

#include <memory>

#include "runtime/sandbox/pod.h"
#include "runtime/sandbox/pod_watch.h"

namespace kata {

// For one thread, which holds a Pass. What a step has made stays when a later one fails: the pod's end undoes it.
class Boot {
 public:
  Boot(Pod& pod, PodWatch& watch)
      : pod_(pod), watch_(watch), owned_(std::make_unique<PodParts>(pod.options)), parts_(owned_.get()) {}

  // The directory and the journal, the settings, the host's cgroups.
  Result<> prepare(const CreateRequest& request, const grpc::Spec& spec, const Container& container);
  // The machine, with what it needs from the start; the guest boots on.
  Result<> start(const CreateRequest& request, const grpc::Spec& spec, const storage::Needs& needs,
                 const Container& container);
  // Waits for the agent, which makes the sandbox in the guest. Then the pod runs.
  Result<> enter_guest(const grpc::Spec& spec, const storage::Needs& needs);

  PodParts& parts() { return *parts_; }
  // Of a boot that failed; null when the pod has them.
  std::unique_ptr<PodParts> take_parts() { return std::move(owned_); }

 private:
  Result<> enter_cgroups(const grpc::Spec& spec);
  Result<hypervisor::VmConfig> describe_machine(const CreateRequest& request, const grpc::Spec& spec,
                                                const storage::Needs& needs, const Container& container);
  Result<> make_machine(hypervisor::VmConfig config);
  Result<> start_machine();
  Error explain_refusal(const Error& refused) const;
  grpc::CreateSandboxRequest describe_sandbox(const grpc::Spec& spec, const storage::Needs& needs) const;

  Pod& pod_;
  PodWatch& watch_;
  std::unique_ptr<PodParts> owned_;  // until the pod runs, and has them
  PodParts* const parts_;
};

}  // namespace kata
