#include "runtime/sandbox/agent_follower.h"

#include <algorithm>
#include <array>

#include "lib/base/log.h"
#include "lib/base/printable.h"
#include "lib/sys/fd.h"

namespace kata {

namespace {

constexpr size_t kLongestLine = 4096;

}  // namespace

void follow_guest_oom(AgentClient& agent, const std::function<void(const OomKill& kill)>& struck) {
  while (auto kill = agent.oom_event()) struck(*kill);
}

void follow_agent_log(UniqueFd stream) {
  std::string line;
  std::array<char, kLongestLine> buffer;
  for (;;) {
    auto got = sys::read_some(stream.get(), buffer.data(), buffer.size());
    if (!got || *got == 0) return;
    std::string_view text(buffer.data(), *got);
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      line.append(text.substr(0, std::min(end, kLongestLine - line.size())));
      log::debug("agent", printable(line, kLongestLine));
      line.clear();
      text.remove_prefix(end + 1);
    }
    line.append(text.substr(0, kLongestLine - line.size()));
  }
}

}  // namespace kata
