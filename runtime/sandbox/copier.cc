#include "runtime/sandbox/copier.h"

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"

namespace kata {

namespace {

Result<UniqueFd> open_nonblocking(Result<UniqueFd> connection) {
  if (!connection) {
    log::debug("stdio", "no connection for a stream", {{"reason", connection.error().message()}});
    return connection;
  }
  TRY(sys::set_nonblocking(connection->get(), true));
  return connection;
}

// Counts what a stream carries; true once, when that has become enough for a connection.
bool just_enough(size_t& carried, size_t more) {
  auto before = carried;
  carried += more;
  return before < kEnoughForConnection && carried >= kEnoughForConnection;
}

}  // namespace

// False when there is no point in reading on.
bool OutputCopier::pass_on(AgentClient& agent, std::string_view data) {
  auto outcome = sink_->write(data);
  if (outcome == Sink::Outcome::kWritten) return true;
  if (outcome == Sink::Outcome::kCancelled) return false;
  auto closed = agent.close_output(id_, which_);
  // An agent that cannot close it leaves us the draining, or the workload would stop for ever.
  return !closed && closed.error().is(Code::kUnimplemented);
}

// With a call for each piece.
void OutputCopier::call(AgentClient& agent) {
  size_t carried = 0;
  while (!abandoned_) {
    awaits_guest_ = true;
    auto data = agent.read_output(id_, which_, kOutputPiece);
    awaits_guest_ = false;
    if (!data) {
      if (!data.error().is(Code::kOutOfRange)) {
        log::debug("stdio", "output ended", {{"exec", id_.exec}, {"reason", data.error().message()}});
      }
      return;
    }
    ++progress_;
    if (!pass_on(agent, *data)) return;
    ++progress_;
    if (!just_enough(carried, data->size())) continue;
    auto connection = open_nonblocking(agent.open_output(id_, which_));
    if (connection) return carry(std::move(*connection));
  }
}

void OutputCopier::carry(UniqueFd connection) {
  while (!abandoned_) {
    awaits_guest_ = true;
    bool ready = sink_->wait_for(connection.get());
    awaits_guest_ = false;
    ++progress_;
    if (!ready || sink_->pass_on(connection.get()) != Sink::Outcome::kWritten) return;
    ++progress_;
  }
}

void OutputCopier::run(AgentClient& agent) {
  call(agent);
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

// With a call for each piece. False when the input went on over a connection, to its end.
bool InputCopier::call(AgentClient& agent) {
  size_t carried = 0;
  for (;;) {
    auto data = source_->read(kInputPiece);
    if (data.empty() || !pass_on(agent, data)) return true;
    if (!just_enough(carried, data.size())) continue;
    auto connection = open_nonblocking(agent.open_stdin(id_));
    if (connection) {
      source_->pass_rest_to(connection->get());
      return false;
    }
  }
}

void InputCopier::run(AgentClient& agent) {
  if (call(agent)) {
    auto closed = agent.close_stdin(id_);
    if (!closed) log::debug("stdio", "close stdin", {{"exec", id_.exec}, {"error", closed.error().message()}});
  }
  source_->close();
}

}  // namespace kata
