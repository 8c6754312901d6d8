// kata-runtime: OCI containers in virtual machines, with runc's command line.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/report.h"
#include "cli/rootless/user_world.h"

namespace {

// An engine may start us with some of them closed; then the next files opened would take their place.
void open_standard_descriptors() {
  int fd = 0;
  while (fd >= 0 && fd < 3) fd = ::open("/dev/null", O_RDWR);
  if (fd >= 3) ::close(fd);
}

}  // namespace

int main(int count, char** values) {
  open_standard_descriptors();
  ::signal(SIGPIPE, SIG_IGN);
  auto line = kata::cli::read_command_line(count, values);
  if (!line.run) return line.exit_status;
  auto log = kata::cli::set_up_log(line.globals);
  if (!log) {
    line.globals.log.clear();  // there is only stderr to tell
    kata::cli::report(line.globals, log.error());
    return 1;
  }
  using kata::cli::World;
  kata::Result<> entered;
  if (line.world != World::kHosts) {
    entered = kata::cli::enter_user_world(line.globals, line.container, line.world == World::kUsersToCreate);
  }
  if (!entered && line.no_place) line.no_place(entered.error());
  auto code = entered || line.world == World::kUsersIfThere ? line.run() : entered.error();
  if (code) return *code;
  kata::cli::report(line.globals, code.error());
  return line.failure_status;
}
