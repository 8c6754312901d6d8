#include "deploy/node/service.h"

#include <thread>

#include "cli/engines/program.h"
#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"

namespace kata::deploy {

namespace {

using cli::engines::output_of;

constexpr auto kPause = std::chrono::milliseconds(500);
constexpr int kLooks = 4;  // in a row, so that one that starts and dies is not taken for one that runs
constexpr char kLines[] = "5";

// /proc/1/root may be another mount of the directory that is our root: then systemctl takes us for a build's chroot.
std::vector<std::string> systemctl(std::vector<std::string> arguments) {
  std::vector<std::string> out{"env", "SYSTEMD_IGNORE_CHROOT=1", "systemctl"};
  out.insert(out.end(), arguments.begin(), arguments.end());
  return out;
}

struct State {
  bool has_job = false;
  std::string active;  // "active", "failed", …
};

Result<State> state_of(const std::string& unit) {
  auto text = TRY(output_of(systemctl({"show", unit, "--property=ActiveState,Job"})));
  State out;
  for (auto line : lines_of(text)) {
    auto name = take(line, '=');
    if (name == "Job") out.has_job = !line.empty() && line != "0";
    if (name == "ActiveState") out.active = line;
  }
  return out;
}

std::string last_words(const std::string& unit) {
  auto text = output_of({"journalctl", "--unit", unit, "--lines", kLines, "--no-pager", "--output", "cat"});
  std::string out;
  if (!text) return out;
  for (auto line : lines_of(*text)) {
    if (!line.empty()) out += concat(out.empty() ? "; it said: " : " / ", line);
  }
  return out;
}

Result<bool> is_up(const std::string& unit, const std::string& socket) {
  auto state = TRY(state_of(unit));
  if (state.has_job) return false;
  if (state.active == "failed") {
    return Error::make(Code::kFailedPrecondition, concat(unit, " does not start", last_words(unit)));
  }
  return state.active == "active" && (socket.empty() || sys::unix_connect(socket).ok());
}

}  // namespace

bool has_systemd() { return sys::exists("/run/systemd/system"); }  // sd_booted(3)

Result<std::string> running_unit(const std::vector<std::string>& units) {
  std::string all;
  for (const auto& unit : units) {
    auto state = TRY(state_of(unit));
    if (state.active == "active" || state.active == "activating" || state.active == "reloading") return unit;
    all += concat(all.empty() ? "" : ", ", unit);
  }
  return Error::make(Code::kFailedPrecondition, concat("none of the node's units ", all, " runs"))
      .hint("set K8S_DISTRIBUTION to what the node is, or start its engine");
}

Result<> restart_unit(const std::string& unit, const std::string& socket, std::chrono::seconds patience) {
  ignore(output_of(systemctl({"reset-failed", unit})));  // earlier tries do not count
  TRY_WRAP(output_of(systemctl({"restart", "--no-block", unit})), concat("restarting ", unit));
  auto end = std::chrono::steady_clock::now() + patience;
  int looks = 0;
  while (looks < kLooks) {
    std::this_thread::sleep_for(kPause);
    auto up = is_up(unit, socket);
    // Who is asked may be busy, too; who failed has said so.
    if (!up && up.error().is(Code::kFailedPrecondition) && looks == 0) return up.error();
    looks = up && *up ? looks + 1 : 0;
    if (std::chrono::steady_clock::now() < end) continue;
    return Error::make(Code::kDeadlineExceeded,
                       concat(unit, " was restarted and is not back after ", patience.count(), " s", last_words(unit)))
        .hint(concat("run journalctl -u ", unit, " on the node"));
  }
  return {};
}

}  // namespace kata::deploy
