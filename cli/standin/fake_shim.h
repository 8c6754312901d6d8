// For the stand-in's tests: a shim that answers as the test says.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/concat.h"
#include "lib/base/mutex.h"
#include "lib/proto/shim.ttrpc.h"

namespace kata::standin {

namespace task = containerd::task::v2;

// Answers Wait when it is told to, and remembers the rest.
class FakeShim : public task::TaskService {
 public:
  Result<task::WaitResponse> wait(const ttrpc::Context&, const task::WaitRequest& request) override {
    MutexLock lock(mutex_);
    waited_for_ = request.id() + "/" + request.exec_id();
    changed_.notify_all();
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return answer_.has_value(); });
    return *answer_;
  }
  Result<google::protobuf::Empty> kill(const ttrpc::Context&, const task::KillRequest& request) override {
    note(concat("kill ", request.id(), "/", request.exec_id(), " ", request.signal()));
    return google::protobuf::Empty();
  }
  Result<google::protobuf::Empty> resize_pty(const ttrpc::Context&, const task::ResizePtyRequest& request) override {
    note(concat("resize ", request.width(), "x", request.height()));
    return google::protobuf::Empty();
  }
  Result<task::DeleteResponse> delete_(const ttrpc::Context&, const task::DeleteRequest& request) override {
    note(concat("delete ", request.id(), "/", request.exec_id()));
    return task::DeleteResponse();
  }

  void end(Result<task::WaitResponse> answer) {
    MutexLock lock(mutex_);
    answer_ = std::move(answer);
    changed_.notify_all();
  }
  void end(uint32_t status, const std::string& cause = {}) {
    task::WaitResponse answer;
    answer.set_exit_status(status);
    answer.set_cause(cause);
    end(answer);
  }
  std::string wait_until_waited() {
    MutexLock lock(mutex_);
    changed_.wait_for(mutex_, std::chrono::seconds(30), [&]() REQUIRES(mutex_) { return !waited_for_.empty(); });
    return waited_for_;
  }
  // True when `call` was made, now or soon.
  bool saw(const std::string& call) {
    MutexLock lock(mutex_);
    return changed_.wait_for(mutex_, std::chrono::seconds(30), [&]() REQUIRES(mutex_) {
      return std::find(calls_.begin(), calls_.end(), call) != calls_.end();
    });
  }

 private:
  void note(std::string call) {
    MutexLock lock(mutex_);
    calls_.push_back(std::move(call));
    changed_.notify_all();
  }
  Mutex mutex_;
  Condition changed_;
  std::string waited_for_ GUARDED_BY(mutex_);
  std::vector<std::string> calls_ GUARDED_BY(mutex_);
  std::optional<Result<task::WaitResponse>> answer_ GUARDED_BY(mutex_);
};

}  // namespace kata::standin
