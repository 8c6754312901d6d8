#include "hypervisor/qemu/machine.h"

#include <sched.h>
#include <sys/socket.h>

#include <chrono>
#include <utility>

#include "hypervisor/process/environment.h"
#include "hypervisor/qemu/arguments.h"
#include "hypervisor/qemu/jail.h"
#include "hypervisor/qemu/jail_label.h"
#include "hypervisor/qemu/machine_shape.h"
#include "hypervisor/qemu/settings.h"
#include "lib/sys/fd.h"
#include "lib/sys/label.h"

namespace kata::hypervisor {

namespace {

using std::chrono::milliseconds;

// The ends that QEMU inherits; closed here once it runs.
struct ChildEnds {
  UniqueFd qmp, console, agent, messages;
  VhostVsock vsock;

  InheritedFds numbers(const VmConfig& config) const {
    InheritedFds out{qmp.get(), console.get(), agent.get(), vsock.fd.get(), vsock.cid, {}, -1};
    if (is_clone(config)) return out;
    for (const auto& nic : config.nics) {
      out.nics.insert(out.nics.end(), nic.taps.begin(), nic.taps.end());
      out.nics.insert(out.nics.end(), nic.vhost.begin(), nic.vhost.end());
    }
    return out;
  }
};

// How long a guest may take to let a device go.
milliseconds unplug_timeout(const VmConfig& config) {
  return config.accelerator == Accelerator::kTcg ? milliseconds(60000) : milliseconds(10000);
}

// A guest that takes or gives no memory for so long has done what it can.
milliseconds memory_stall(const VmConfig& config) {
  return config.accelerator == Accelerator::kTcg ? milliseconds(3000) : milliseconds(500);
}

void prepare_changes(Machine& machine, const VmConfig& config) {
  machine.slots = std::make_unique<BridgeSlots>(config.hot_plug ? qemu_settings(config).bridges : 0);
  auto unplug = unplug_timeout(config);
  machine.processors = std::make_unique<Processors>(*machine.qmp, Processors::Settings{kCommandTimeout, unplug});
  machine.memory = std::make_unique<Memory>(*machine.qmp, *machine.slots, config,
                                            Memory::Timeouts{kCommandTimeout, unplug, memory_stall(config)});
  if (!config.hot_plug) return;
  machine.hot_plug =
      std::make_unique<HotPlug>(*machine.qmp, *machine.slots, HotPlug::Timeouts{kCommandTimeout, unplug});
  if (is_clone(config)) return;
  for (const auto& nic : config.nics) {
    if (auto slot = machine.slots->take()) machine.hot_plug->started_with(nic, *slot);
  }
}

// Makes the socket pairs. Returns the host's end of the agent channel.
Result<UniqueFd> connect(const VmConfig& config, Machine& machine, ChildEnds& ends) {
  auto qmp = TRY(sys::socket_pair(SOCK_STREAM));
  machine.qmp = std::make_unique<Qmp>(std::move(qmp.first));
  ends.qmp = std::move(qmp.second);
  auto console = TRY(sys::socket_pair(SOCK_STREAM));
  machine.console_stream = std::move(console.first);
  ends.console = std::move(console.second);
  auto messages = TRY(sys::pipe());
  machine.message_stream = std::move(messages.read);
  ends.messages = std::move(messages.write);
  if (config.channel == Channel::kVsock) {
    ends.vsock = TRY(open_vhost_vsock());
    return UniqueFd();
  }
  auto agent = TRY(sys::socket_pair(SOCK_STREAM));
  ends.agent = std::move(agent.second);
  return std::move(agent.first);
}

Result<> provide_memory(const VmConfig& config, Machine& machine) {
  if (!config.savable && !is_clone(config)) return {};
  machine.guest_memory = TRY(make_guest_memory(config.memory_mib));
  return is_clone(config) ? machine.memory_loader.start(machine.guest_memory.get(), config.saved) : Result<>{};
}

}  // namespace

Result<std::shared_ptr<Machine>> spawn_machine(sys::EventLoop& loop, const VmConfig& config) {
  auto out = std::make_shared<Machine>();
  ChildEnds ends;
  auto carrier = TRY(connect(config, *out, ends));
  TRY(provide_memory(config, *out));
  sys::Spawn what;
  auto numbers = ends.numbers(config);
  numbers.memory = out->guest_memory.get();
  what.argv = TRY(qemu_arguments(config, numbers, architecture()));
  what.out = ends.messages.get();
  what.err = ends.messages.get();
  what.inherited = numbers.list();
  what.env = small_environment("QEMU_");
  if (config.network_namespace >= 0) what.namespaces.joined.push_back({CLONE_NEWNET, config.network_namespace});
  what.new_session = true;  // a terminal's Ctrl-C is for the workload
  auto jail = TRY(confine(what, config, numbers.memory >= 0));
  auto labels = what.labels;
  prepare_changes(*out, config);
  auto* parts = out.get();
  auto supervisor = Supervisor::start(
      loop, std::move(what),
      {{parts->console_stream.get(), [parts] { return parts->console.feed_from(parts->console_stream.get()); }},
       {parts->message_stream.get(), [parts] { return parts->messages.feed_from(parts->message_stream.get()); }},
       {parts->qmp->fd(), [parts] { return parts->qmp->receive(); }}});
  if (!supervisor) return sys::explain_context(supervisor.error(), config.security_context);
  out->supervisor = std::move(*supervisor);
  tell_profile(labels, out->supervisor->pid());
  out->channel = TRY(config.channel == Channel::kVsock ? vsock_channel(ends.vsock.cid, out->supervisor->exit_event())
                                                       : serial_channel(std::move(carrier)));
  return out;
}

}  // namespace kata::hypervisor
