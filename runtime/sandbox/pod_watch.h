// What happens to a pod by itself, and what follows from it: a process ends, its stand-in is killed, the machine dies,
// an OOM killer strikes.
//
// Each of these is seen by a thread of the pod's or by the machine's. Both end before the parts are taken down, so what
// they are given of the pod's parts stays.
#pragma once

#include "runtime/sandbox/pod.h"

namespace kata {

// Thread-safe.
class PodWatch {
 public:
  explicit PodWatch(Pod& pod) : pod_(pod) {}

  // The end of a process in the guest: it stops, and the news go out. With the init process of the container that owns
  // the sandbox, the machine ends.
  Result<> process(PodParts& parts, const ContainerPtr& container, const ProcessPtr& process);
  // When the stand-in is killed, its process shall not live on unseen.
  void standin(PodParts& parts, const ProcessPtr& process);
  // What the agent has to say from now on.
  void agent(PodParts& parts);

  // For Machine::Settings: whether there is more to say about the cause of its end, and its end by itself.
  Error explain_end(PodParts& parts, const Error& cause);
  void machine_died(PodParts& parts, const Error& cause);

 private:
  void process_ended(PodParts& parts, const Container& container, const Process& process, const ExitInfo& exit);
  void prepare_news(PodParts& parts, Container& container, const ExitInfo& exit);
  void serve_console(PodParts& parts);
  void let_execs_end(const Container& container);
  void kill(PodParts& parts, const ProcessPtr& process);
  void struck_in_guest(PodParts& parts, const OomKill& kill);
  void tell_of_oom(PodParts& parts, const Container& container);

  Pod& pod_;
};

}  // namespace kata
