// kata-deploy: installs the runtime on a node of a Kubernetes cluster, and takes it back.
#include <signal.h>
#include <sys/utsname.h>

#include <cstdio>

#include "deploy/actions.h"
#include "deploy/daemon.h"
#include "deploy/docker.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace {

using namespace kata;
using namespace kata::deploy;

// For people, and for `kubectl describe pod`: the log was opened before this process left its own root directory.
int report(const Error& error, int termination_log) {
  auto text = concat("kata-deploy: ", error.text(), "\n");
  std::fputs(text.c_str(), stderr);
  if (termination_log >= 0) ignore(sys::write_all(termination_log, text));  // it was told already
  return 1;
}

Result<> run(const Options& options, const Settings& settings) {
  auto announcement = TRY(Announcement::open(options, settings));
  auto done = act(options, settings, announcement);
  if (!done) announcement.failed(done.error());
  return done;
}

}  // namespace

int main(int count, char** values) {
  ::signal(SIGPIPE, SIG_IGN);
  auto line = read_line(count, values);
  if (!line.runs) return line.exit_status;
  const auto& options = line.options;
  UniqueFd log;
  if (auto opened = sys::open(options.termination_log, O_WRONLY | O_TRUNC)) log = *std::move(opened);
  utsname machine{};
  ::uname(&machine);
  auto settings = read_settings(environment, machine.machine);
  if (!settings) return report(settings.error(), log.get());
  if (is_for_docker(options.action)) {
    auto done = act_for_docker(options, *settings);
    return done ? 0 : report(done.error(), log.get());
  }
  if (is_daemon(options, *settings)) {
    auto code = run_daemon(options, *settings, count, values);
    return code ? *code : report(code.error(), log.get());
  }
  auto done = run(options, *settings);
  return done ? 0 : report(done.error(), log.get());
}
