#include "deploy/daemon.h"

#include <signal.h>

#include <chrono>

#include "cli/output/output.h"
#include "deploy/announcement.h"
#include "lib/base/concat.h"
#include "lib/sys/process.h"

namespace kata::deploy {

namespace {

// SIGINT and SIGTERM wait until somebody asks for them; children get none of it.
sigset_t endings() {
  sigset_t out;
  ::sigemptyset(&out);
  ::sigaddset(&out, SIGTERM);
  ::sigaddset(&out, SIGINT);
  return out;
}

// This program again, once, with another action in the place of "install".
Result<int> run_once(const std::string& action, int count, char** values) {
  sys::Spawn child;
  child.argv.emplace_back("/proc/self/exe");
  bool replaced = false;
  for (int i = 1; i < count; ++i) {
    std::string word = values[i];
    bool is_action = !replaced && word == "install";
    replaced = replaced || is_action;
    child.argv.push_back(is_action ? action : word);
  }
  child.argv.emplace_back("--once");
  child.out = 1;
  child.err = 2;
  auto started = TRY(sys::spawn(child));
  return TRY(sys::wait_child(started.pid)).code;
}

}  // namespace

bool is_daemon(const Options& options, const Settings& settings) {
  bool stays = options.action == Action::kInstall || options.action == Action::kPostInstallWait;
  return stays && !options.once && !options.dry_run && !settings.daemon_set.empty();
}

Result<int> run_daemon(const Options& options, const Settings& settings, int count, char** values) {
  auto set = endings();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  if (options.action == Action::kInstall) {
    auto code = TRY(run_once("install", count, values));
    if (code != 0) return code;
  }
  TRY(cli::print("the node is ready; waiting for the end of the DaemonSet\n"));
  int signal = 0;
  ::sigwait(&set, &signal);
  // A new token: the one of the beginning is too old by now.
  auto announcement = TRY(Announcement::open(options, settings));
  if (TRY(announcement.daemon_set_is_there())) {
    TRY(cli::print("the DaemonSet stays, and so does the node's installation\n"));
    return 0;
  }
  return run_once("cleanup", count, values);
}

}  // namespace kata::deploy
