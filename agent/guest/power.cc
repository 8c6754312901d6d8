#include "agent/guest/power.h"

#include <fcntl.h>
#include <sys/reboot.h>
#include <unistd.h>

#include <string>

#include "lib/base/unique_fd.h"

namespace kata::agent {

void print_to_console(std::string_view line) {
  UniqueFd console(::open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC));
  // Before /dev is mounted, the console is where the kernel opened it for us.
  int fd = console ? console.get() : STDERR_FILENO;
  auto text = std::string(line) + "\n";
  [[maybe_unused]] auto written = ::write(fd, text.data(), text.size());
}

void power_off() {
  ::sync();
  ::reboot(RB_POWER_OFF);
}

}  // namespace kata::agent
