// Which exec'd processes may be forgotten. Their output is read, and their end awaited, by calls that
// come in any order; what comes last must still find the process.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>

#include "agent/process/streams.h"
#include "lib/base/mutex.h"

namespace kata::agent {

// Thread-safe.
class ProcessTable {
 public:
  // To be called when WaitProcess is about to be answered, and when a stream has come to its end. They return a process
  // of that container which the caller forgets now, or nothing.
  std::string waited(const std::string& container, const std::string& exec_id);
  std::string ended(const std::string& container, const std::string& exec_id, Stream stream);
  void forget_container(const std::string& container);
  void forget(const std::string& container, const std::string& exec_id);

 private:
  struct State {
    bool waited = false, out_ended = false, err_ended = false;
    bool done() const { return waited && out_ended && err_ended; }
  };
  // A process whose streams nobody reads is kept until so many later ones have ended.
  static constexpr size_t kKept = 64;

  Mutex mutex_;
  std::map<std::string, std::map<std::string, State>> states_ GUARDED_BY(mutex_);  // by container and exec id
  std::map<std::string, std::deque<std::string>> unread_ GUARDED_BY(mutex_);  // waited for, but not read to the end
};

}  // namespace kata::agent
