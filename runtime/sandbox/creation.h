// The creation of one container, on the host and in the guest, and undoing it. That of the pod's first container boots
// the pod (boot.h).
#pragma once

#include <optional>
#include <string>

#include "runtime/sandbox/boot.h"
#include "runtime/sandbox/pid_namespace.h"
#include "runtime/sandbox/pod.h"
#include "runtime/sandbox/pod_watch.h"

namespace kata {

// For one thread, which holds a Pass and has reserved the container's name. Between any two steps it looks at the gate,
// so that it makes nothing when the pod is ending.
class Creation {
 public:
  Creation(Pod& pod, PodWatch& watch, const CreateRequest& request, ContainerSet::Role role);

  // The pid that is reported for the container.
  Result<pid_t> run();
  // After run() has failed. What the creation of a pod's first container has made is left to the pod's end, for which
  // it is handed over here: the caller gives its Pass back, and shuts the pod down.
  void undo();

 private:
  Result<> steps();
  Result<grpc::Spec> load();
  Result<> open_streams();
  Result<> attach(const grpc::Spec& spec);
  Result<> run_hooks();
  void run_last_hooks();
  Result<> connect_network();
  void score_machine(const grpc::Spec& spec);
  Result<PidNamespaceChoice> choose_processes(const grpc::Spec& spec);
  void warn_of_block_io(const grpc::Spec& spec);
  Result<> create_in_guest(grpc::Spec spec);
  Result<> publish();
  void remove_from_guest();
  bool first() const { return container_->owns_sandbox; }

  Pod& pod_;
  PodWatch& watch_;
  const CreateRequest& request_;
  ContainerPtr container_ = std::make_shared<Container>();
  std::optional<Boot> boot_;  // of the pod's first container
  PodParts* parts_ = nullptr;
  std::optional<storage::HostView> view_;  // for the process that stands for it, when there is one
  bool in_guest_ = false;
  bool hooks_begun_ = false;
};

}  // namespace kata
