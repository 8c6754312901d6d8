#include "runtime/sandbox/container_set.h"

#include <algorithm>

#include "lib/base/concat.h"
#include "runtime/sandbox/pod_parts.h"

namespace kata {

namespace {

Error no_such_process(const std::string& id, const std::string& exec) {
  return Error::make(Code::kNotFound, concat("there is no process ", exec, " in container ", id));
}

// Null while it is being created.
ContainerPtr visible(const placed::Life& life) {
  if (const auto* ready = std::get_if<placed::Ready>(&life)) return ready->container;
  const auto* deleting = std::get_if<placed::Deleting>(&life);
  return deleting != nullptr ? deleting->container : nullptr;
}

}  // namespace

Result<ContainerSet::Role> ContainerSet::reserve(const std::string& id) {
  MutexLock lock(state_.mutex);
  if (state_.containers.contains(id)) {
    return Error::make(Code::kAlreadyExists, concat("container ", id, " exists already"));
  }
  bool first = std::holds_alternative<pod::New>(state_.life);
  if (state_.closed || (!first && !std::holds_alternative<pod::Running>(state_.life))) {
    const auto* what = std::holds_alternative<pod::Booting>(state_.life) ? " is still starting" : " has ended";
    return Error::make(Code::kFailedPrecondition, concat("sandbox ", state_.id, what));
  }
  if (first) state_.life = pod::Booting{};
  state_.containers[id].life = placed::Creating{};
  return first ? Role::kOwnsSandbox : Role::kJoins;
}

Result<> ContainerSet::publish(const ContainerPtr& container) {
  MutexLock lock(state_.mutex);
  if (state_.closed) return Error::make(Code::kFailedPrecondition, concat("sandbox ", state_.id, " is ending"));
  state_.containers[container->id].life = placed::Ready{container};
  return {};
}

std::vector<ProcessPtr> ContainerSet::remove(const std::string& id) {
  MutexLock lock(state_.mutex);
  std::vector<ProcessPtr> out;
  auto found = state_.containers.find(id);
  if (found == state_.containers.end()) return out;
  for (const auto& [name, exec] : found->second.execs) out.push_back(exec.process);
  state_.containers.erase(found);
  return out;
}

Result<ContainerPtr> ContainerSet::find_locked(const std::string& id) const {
  auto found = state_.containers.find(id);
  if (found == state_.containers.end()) return Error::make(Code::kNotFound, concat("there is no container ", id));
  if (auto container = visible(found->second.life)) return container;
  return Error::make(Code::kFailedPrecondition, concat("container ", id, " is still being created"));
}

Result<ContainerPtr> ContainerSet::find(const std::string& id) const {
  MutexLock lock(state_.mutex);
  return find_locked(id);
}

Result<ProcessPtr> ContainerSet::find_process(const std::string& id, const std::string& exec) const {
  MutexLock lock(state_.mutex);
  auto container = TRY(find_locked(id));
  if (exec.empty() || exec == id) return container->init;
  const auto& execs = state_.containers.find(id)->second.execs;
  auto found = execs.find(exec);
  if (found == execs.end()) return no_such_process(id, exec);
  return found->second.process;
}

Result<> ContainerSet::begin_deletion(const std::string& id) {
  MutexLock lock(state_.mutex);
  auto container = TRY(find_locked(id));
  auto& life = state_.containers[id].life;
  if (std::holds_alternative<placed::Deleting>(life)) {
    return Error::make(Code::kFailedPrecondition, concat("container ", id, " is being deleted"));
  }
  life = placed::Deleting{std::move(container)};
  return {};
}

void ContainerSet::abandon_deletion(const std::string& id) {
  MutexLock lock(state_.mutex);
  auto found = state_.containers.find(id);
  if (found == state_.containers.end()) return;
  if (auto container = visible(found->second.life)) found->second.life = placed::Ready{std::move(container)};
}

Result<> ContainerSet::add_exec(const std::string& id, ExecProcess process) {
  MutexLock lock(state_.mutex);
  if (state_.closed) return Error::make(Code::kFailedPrecondition, concat("sandbox ", state_.id, " is ending"));
  TRY(find_locked(id));
  auto& execs = state_.containers[id].execs;
  const auto& name = process.process->id().exec;
  if (name.empty() || name == id || execs.contains(name)) {
    return Error::make(Code::kAlreadyExists, concat("process ", name, " exists already in container ", id));
  }
  execs[name] = std::move(process);
  return {};
}

void ContainerSet::remove_exec(const std::string& id, const std::string& exec) {
  MutexLock lock(state_.mutex);
  auto found = state_.containers.find(id);
  if (found != state_.containers.end()) found->second.execs.erase(exec);
}

Result<ExecProcess> ContainerSet::take_exec(const std::string& id, const std::string& exec) {
  MutexLock lock(state_.mutex);
  TRY(find_locked(id));
  auto& execs = state_.containers[id].execs;
  auto found = execs.find(exec);
  if (found == execs.end() || !found->second.spec) {
    return Error::make(Code::kNotFound, concat("there is no process ", exec, " to start"));
  }
  auto out = std::move(found->second);
  found->second = {out.process, {}};
  return out;
}

bool ContainerSet::resize_exec(const std::string& id, const std::string& exec, uint32_t rows, uint32_t columns) {
  MutexLock lock(state_.mutex);
  auto container = state_.containers.find(id);
  if (container == state_.containers.end()) return false;
  auto found = container->second.execs.find(exec);
  if (found == container->second.execs.end() || !found->second.spec) return false;
  found->second.spec->mutable_consolesize()->set_height(rows);
  found->second.spec->mutable_consolesize()->set_width(columns);
  return true;
}

std::vector<ContainerPtr> ContainerSet::all() const {
  MutexLock lock(state_.mutex);
  std::vector<ContainerPtr> out;
  for (const auto& [id, one] : state_.containers) {
    if (auto container = visible(one.life)) out.push_back(std::move(container));
  }
  return out;
}

std::vector<ProcessPtr> ContainerSet::processes() const {
  MutexLock lock(state_.mutex);
  std::vector<ProcessPtr> out;
  for (const auto& [id, one] : state_.containers) {
    if (auto container = visible(one.life)) out.push_back(container->init);
    for (const auto& [name, exec] : one.execs) out.push_back(exec.process);
  }
  return out;
}

std::vector<ProcessPtr> ContainerSet::execs(const std::string& id) const {
  MutexLock lock(state_.mutex);
  std::vector<ProcessPtr> out;
  auto found = state_.containers.find(id);
  if (found == state_.containers.end()) return out;
  for (const auto& [name, exec] : found->second.execs) out.push_back(exec.process);
  return out;
}

bool ContainerSet::needs_machine_beside(const std::string& id) const {
  MutexLock lock(state_.mutex);
  return std::any_of(state_.containers.begin(), state_.containers.end(), [&](const auto& one) {
    if (one.first == id) return false;
    auto container = visible(one.second.life);
    return !container || !std::holds_alternative<Stopped>(container->init->life());
  });
}

bool ContainerSet::is_being_created(const std::string& id) const {
  MutexLock lock(state_.mutex);
  auto found = state_.containers.find(id);
  return found != state_.containers.end() && !visible(found->second.life);
}

bool ContainerSet::empty() const {
  MutexLock lock(state_.mutex);
  return state_.containers.empty();
}

}  // namespace kata
