// containerd.task.v2.Task on a sandbox: decoding and encoding; the work is the sandbox's.
#pragma once

#include <functional>
#include <string>

#include "lib/proto/shim.ttrpc.h"
#include "runtime/sandbox/sandbox.h"

namespace kata::shim {

namespace api = ::containerd::task::v2;
using google::protobuf::Empty;

class TaskService : public api::TaskService {
 public:
  enum class Caller { kOurs, kContainerd };
  // `shut_down` is called, once no container is left, for the shim to end.
  TaskService(Sandbox& sandbox, std::function<void()> shut_down, Caller caller = Caller::kOurs)
      : sandbox_(sandbox), shut_down_(std::move(shut_down)), caller_(caller) {}

  using Context = ttrpc::Context;
  Result<api::StateResponse> state(const Context& context, const api::StateRequest& request) override;
  Result<api::CreateTaskResponse> create(const Context& context, const api::CreateTaskRequest& request) override;
  Result<api::StartResponse> start(const Context& context, const api::StartRequest& request) override;
  Result<api::DeleteResponse> delete_(const Context& context, const api::DeleteRequest& request) override;
  Result<api::PidsResponse> pids(const Context& context, const api::PidsRequest& request) override;
  Result<Empty> pause(const Context& context, const api::PauseRequest& request) override;
  Result<Empty> resume(const Context& context, const api::ResumeRequest& request) override;
  Result<Empty> checkpoint(const Context& context, const api::CheckpointTaskRequest& request) override;
  Result<Empty> kill(const Context& context, const api::KillRequest& request) override;
  Result<Empty> exec(const Context& context, const api::ExecProcessRequest& request) override;
  Result<Empty> resize_pty(const Context& context, const api::ResizePtyRequest& request) override;
  Result<Empty> close_io(const Context& context, const api::CloseIORequest& request) override;
  Result<Empty> update(const Context& context, const api::UpdateTaskRequest& request) override;
  Result<api::WaitResponse> wait(const Context& context, const api::WaitRequest& request) override;
  Result<api::StatsResponse> stats(const Context& context, const api::StatsRequest& request) override;
  Result<api::ConnectResponse> connect(const Context& context, const api::ConnectRequest& request) override;
  Result<Empty> shutdown(const Context& context, const api::ShutdownRequest& request) override;

 private:
  bool is_not_yet(const std::string& id) const;

  Sandbox& sandbox_;
  std::function<void()> shut_down_;
  Caller caller_;
};

}  // namespace kata::shim
