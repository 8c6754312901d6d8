// The agent's service as somebody would have it who has taken over a guest and wants to harm the host.
#pragma once

#include <atomic>
#include <string>

#include "lib/ttrpc/server.h"

namespace kata::hostile {

// How it answers once the first container has started; until then, and without a mode, as the agent does.
//   mute     no call is answered any more
//   deaf     SIGKILL and the removal are answered with yes, and nothing is done; no process ever ends
//   refuse   every call is an error, of a megabyte of bytes that are no text
//   flood    outputs never end, there is always news of a kill for lack of memory, numbers are as long as a message may
//   be garbage  answers are bytes that are no message frames   what goes to the host is no protocol at all
class HostileCalls final : public ttrpc::Service {
 public:
  HostileCalls(ttrpc::Service& agent, std::string mode) : agent_(agent), mode_(std::move(mode)) {}

  std::string_view name() const override { return agent_.name(); }
  Result<std::string> dispatch(std::string_view method, const ttrpc::Context& context,
                               std::string_view payload) override;

 private:
  Result<std::string> misbehave(std::string_view method, const ttrpc::Context& context, std::string_view payload);
  Result<std::string> flood(std::string_view method, const ttrpc::Context& context, std::string_view payload);

  ttrpc::Service& agent_;
  const std::string mode_;
  std::atomic<bool> started_ = false;
};

}  // namespace kata::hostile
