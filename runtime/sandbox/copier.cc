#include "runtime/sandbox/copier.h"

#include "lib/base/concat.h"
#include "lib/base/log.h"

namespace kata {

// False when there is no point in reading on.
bool OutputCopier::pass_on(AgentClient& agent, std::string_view data) {
  auto outcome = sink_->write(data);
  if (outcome == Sink::Outcome::kWritten) return true;
  if (outcome == Sink::Outcome::kCancelled) return false;
  auto closed = agent.close_output(id_, which_);
  // An agent that cannot close it leaves us the draining, or the workload would stop for ever.
  return !closed && closed.error().is(Code::kUnimplemented);
}

void OutputCopier::run(AgentClient& agent) {
  while (!abandoned_) {
    awaits_guest_ = true;
    auto data = agent.read_output(id_, which_, kOutputPiece);
    awaits_guest_ = false;
    if (!data) {
      if (!data.error().is(Code::kOutOfRange)) {
        log::debug("stdio", "output ended", {{"exec", id_.exec}, {"reason", data.error().message()}});
      }
      break;
    }
    ++progress_;
    if (!pass_on(agent, *data)) break;
    ++progress_;
  }
  sink_->close();
  done_ = true;
}

void OutputCopier::abandon() {
  abandoned_ = true;
  sink_->close();
}

bool InputCopier::pass_on(AgentClient& agent, std::string_view data) {
  while (!data.empty()) {
    auto written = agent.write_stdin(id_, data);
    if (!written || *written == 0) {
      auto reason = written.ok() ? std::string("nothing was taken") : written.error().message();
      log::debug("stdio", "input ended", {{"exec", id_.exec}, {"reason", reason}});
      return false;
    }
    data.remove_prefix(*written);
  }
  return true;
}

void InputCopier::run(AgentClient& agent) {
  for (;;) {
    auto data = source_->read(kInputPiece);
    if (data.empty()) break;
    if (!pass_on(agent, data)) break;
  }
  auto closed = agent.close_stdin(id_);
  if (!closed) log::debug("stdio", "close stdin", {{"exec", id_.exec}, {"error", closed.error().message()}});
  source_->close();
}

}  // namespace kata
