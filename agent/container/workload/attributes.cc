#include "agent/container/workload/attributes.h"

#include <linux/ioprio.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/oci/scheduling.h"

namespace kata::agent {

namespace {

Error unknown_word(const char* what, const std::string& word) {
  return Error::make(Code::kInvalidArgument, concat(what, " \"", word, "\" is unknown"));
}

// Of sched_setattr(2), which glibc does not have.
struct SchedulerAttributes {
  uint32_t size = sizeof(SchedulerAttributes);
  uint32_t policy = 0;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime = 0;
  uint64_t deadline = 0;
  uint64_t period = 0;
};

Result<> set_scheduler(const grpc::LinuxScheduler& wanted) {
  auto policy = oci::scheduler_policy(wanted.policy());
  if (!policy) return unknown_word("process.scheduler.policy", wanted.policy());
  SchedulerAttributes attributes;
  attributes.policy = *policy;
  for (const auto& name : wanted.flags()) {
    auto flag = oci::scheduler_flag(name);
    if (!flag) return unknown_word("the flag of process.scheduler", name);
    attributes.flags |= *flag;
  }
  attributes.nice = wanted.nice();
  attributes.priority = static_cast<uint32_t>(wanted.priority());
  attributes.runtime = wanted.runtime();
  attributes.deadline = wanted.deadline();
  attributes.period = wanted.period();
  if (::syscall(SYS_sched_setattr, 0, &attributes, 0U) < 0)
    return Error::sys(errno, "set process.scheduler to", wanted.policy());
  return {};
}

Result<> set_io_priority(const grpc::LinuxIOPriority& wanted) {
  auto io_class = oci::io_class(wanted.io_class());
  if (!io_class) return unknown_word("process.ioPriority.class", wanted.io_class());
  if (::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(*io_class, wanted.priority())) < 0) {
    return Error::sys(errno, "set process.ioPriority to", wanted.io_class());
  }
  return {};
}

Result<> set_memory_policy(const grpc::LinuxMemoryPolicy& wanted) {
  auto mode = oci::memory_mode(wanted.mode());
  if (!mode) return unknown_word("linux.memoryPolicy.mode", wanted.mode());
  int flags = *mode;
  for (const auto& name : wanted.flags()) {
    auto flag = oci::memory_flag(name);
    if (!flag) return unknown_word("the flag of linux.memoryPolicy", name);
    flags |= *flag;
  }
  unsigned long nodes = TRY_WRAP(oci::parse_nodes(wanted.nodes()), "linux.memoryPolicy.nodes");
  constexpr unsigned long kBits = sizeof nodes * 8 + 1;  // the kernel takes one less than it is told
  if (::syscall(SYS_set_mempolicy, flags, nodes == 0 ? nullptr : &nodes, nodes == 0 ? 0UL : kBits) == 0) return {};
  int err = errno;
  // A kernel without policies has one node, on which all memory is.
  if (err == ENOSYS && (nodes & ~1UL) == 0) return {};
  return Error::sys(err, concat("set linux.memoryPolicy to ", wanted.mode(), " of the nodes"), wanted.nodes())
      .hint("use node 0: it is the only one that the virtual machine has");
}

Result<> set_personality(const grpc::LinuxPersonality& wanted) {
  auto domain = oci::personality_of(wanted.domain());
  if (!domain) return unknown_word("linux.personality.domain", wanted.domain());
  if (::personality(*domain) < 0) return Error::sys(errno, "set linux.personality to", wanted.domain());
  return {};
}

}  // namespace

Result<> apply_attributes(const grpc::Process& process, const grpc::Linux& linux) {
  if (process.has_scheduler()) TRY(set_scheduler(process.scheduler()));
  if (process.has_io_priority()) TRY(set_io_priority(process.io_priority()));
  if (linux.has_memory_policy()) TRY(set_memory_policy(linux.memory_policy()));
  return linux.has_personality() ? set_personality(linux.personality()) : Result<>{};
}

}  // namespace kata::agent
