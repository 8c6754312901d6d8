#include "agent/rpc/process_table.h"

#include <algorithm>

namespace kata::agent {

std::string ProcessTable::waited(const std::string& container, const std::string& exec_id) {
  MutexLock lock(mutex_);
  auto& state = states_[container][exec_id];
  if (std::exchange(state.waited, true)) return {};
  if (state.done()) {
    states_[container].erase(exec_id);
    return exec_id;
  }
  auto& queue = unread_[container];
  queue.push_back(exec_id);
  if (queue.size() <= kKept) return {};
  auto oldest = std::move(queue.front());
  queue.pop_front();
  states_[container].erase(oldest);
  return oldest;
}

std::string ProcessTable::ended(const std::string& container, const std::string& exec_id, Stream stream) {
  MutexLock lock(mutex_);
  auto& state = states_[container][exec_id];
  (stream == Stream::kStdout ? state.out_ended : state.err_ended) = true;
  if (!state.done()) return {};
  states_[container].erase(exec_id);
  std::erase(unread_[container], exec_id);
  return exec_id;
}

void ProcessTable::forget_container(const std::string& container) {
  MutexLock lock(mutex_);
  states_.erase(container);
  unread_.erase(container);
}

void ProcessTable::forget(const std::string& container, const std::string& exec_id) {
  MutexLock lock(mutex_);
  if (auto found = states_.find(container); found != states_.end()) found->second.erase(exec_id);
  if (auto found = unread_.find(container); found != unread_.end()) std::erase(found->second, exec_id);
}

}  // namespace kata::agent
