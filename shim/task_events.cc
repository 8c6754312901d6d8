#include "shim/task_events.h"

#include "lib/proto/task_events.pb.h"
#include "shim/timestamp.h"

namespace kata::shim {

namespace {

namespace messages = ::containerd::events;

uint32_t pid_number(pid_t pid) { return static_cast<uint32_t>(pid); }

template <typename Message>
Message of_container(const std::string& container) {
  Message out;
  out.set_container_id(container);
  return out;
}

void send(Publisher& publisher, const ContainerCreated& event) {
  auto message = of_container<messages::TaskCreate>(event.container);
  message.set_bundle(event.bundle);
  for (const auto& from : event.rootfs) {
    auto& mount = *message.add_rootfs();
    mount.set_type(from.type);
    mount.set_source(from.source);
    mount.set_target(from.target);
    for (const auto& option : from.options) mount.add_options(option);
  }
  auto& io = *message.mutable_io();
  io.set_stdin(event.stdio.in);
  io.set_stdout(event.stdio.out);
  io.set_stderr(event.stdio.err);
  io.set_terminal(event.stdio.terminal);
  message.set_pid(pid_number(event.pid));
  publisher.publish("/tasks/create", message);
}

void send(Publisher& publisher, const ExecAdded& event) {
  auto message = of_container<messages::TaskExecAdded>(event.container);
  message.set_exec_id(event.exec);
  publisher.publish("/tasks/exec-added", message);
}

void send(Publisher& publisher, const ProcessStarted& event) {
  if (event.exec.empty()) {
    auto message = of_container<messages::TaskStart>(event.container);
    message.set_pid(pid_number(event.pid));
    publisher.publish("/tasks/start", message);
    return;
  }
  auto message = of_container<messages::TaskExecStarted>(event.container);
  message.set_exec_id(event.exec);
  message.set_pid(pid_number(event.pid));
  publisher.publish("/tasks/exec-started", message);
}

void send(Publisher& publisher, const ProcessExited& event) {
  auto message = of_container<messages::TaskExit>(event.container);
  message.set_id(event.exec.empty() ? event.container : event.exec);
  message.set_pid(pid_number(event.pid));
  message.set_exit_status(static_cast<uint32_t>(event.exit.status));
  set_time(*message.mutable_exited_at(), event.exit.at);
  publisher.publish("/tasks/exit", message);
}

void send(Publisher& publisher, const ContainerPaused& event) {
  publisher.publish("/tasks/paused", of_container<messages::TaskPaused>(event.container));
}

void send(Publisher& publisher, const ContainerResumed& event) {
  publisher.publish("/tasks/resumed", of_container<messages::TaskResumed>(event.container));
}

void send(Publisher& publisher, const OutOfMemory& event) {
  publisher.publish("/tasks/oom", of_container<messages::TaskOOM>(event.container));
}

void send(Publisher& publisher, const ContainerDeleted& event) {
  auto message = of_container<messages::TaskDelete>(event.container);
  message.set_pid(pid_number(event.pid));
  message.set_exit_status(static_cast<uint32_t>(event.exit.status));
  set_time(*message.mutable_exited_at(), event.exit.at);
  publisher.publish("/tasks/delete", message);
}

}  // namespace

void publish(Publisher& publisher, const Event& event) {
  std::visit([&](const auto& one) { send(publisher, one); }, event);
}

}  // namespace kata::shim
