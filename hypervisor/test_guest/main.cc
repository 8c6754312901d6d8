// PID 1 of the virtual machines that the driver's tests start. The kernel hands the parameter
// `test=…` over as an environment variable.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "hypervisor/test_guest/report.h"
#include "lib/base/concat.h"
#include "lib/mux/mux.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace {

using kata::concat;
using kata::ignore;

constexpr uint32_t kReportPort = 1026;  // every other port is an echo

void say(std::string_view text) { ignore(kata::sys::write_all(STDOUT_FILENO, concat("test guest: ", text, "\n"))); }

// In the order that they need each other. One that the kernel has built in is nowhere, which is fine.
constexpr std::array kModules = {"virtio_ring",
                                 "virtio",
                                 "virtio_pci_legacy_dev",
                                 "virtio_pci_modern_dev",
                                 "virtio_pci",
                                 "virtio_console",
                                 "failover",
                                 "net_failover",
                                 "virtio_net",
                                 "virtio_blk",
                                 "scsi_common",
                                 "scsi_mod",
                                 "virtio_scsi",
                                 "crct10dif_common",
                                 "crc64",
                                 "crc_t10dif",
                                 "crc64_rocksoft",
                                 "t10_pi",
                                 "sd_mod",
                                 "virtio_balloon",
                                 "virtio_mem"};

void load_modules() {
  for (const auto* name : kModules) {
    auto fd = kata::sys::open(concat("/lib/modules/", name, ".ko"), O_RDONLY);
    if (fd && ::syscall(SYS_finit_module, fd->get(), "", 0) < 0) {
      say(kata::Error::sys(errno, "load the module", name).text());
    }
  }
}

// Every stream's bytes go back.
void echo(kata::UniqueFd stream) {
  std::array<char, 16384> buffer;
  while (true) {
    auto got = kata::sys::read_some(stream.get(), buffer.data(), buffer.size());
    if (!got || *got == 0) return;
    if (!kata::sys::write_all(stream.get(), {buffer.data(), *got})) return;
  }
}

// What the guest has, once; then the stream ends.
void tell(const kata::UniqueFd& stream) {
  test_guest::set_online();
  ignore(kata::sys::write_all(stream.get(), test_guest::report()));
}

// The port appears once its driver has found it; its device node a moment after its name.
kata::Result<kata::UniqueFd> agent_port() {
  while (true) {
    auto names = kata::sys::list_directory("/sys/class/virtio-ports");
    auto port = names && !names->empty() ? kata::sys::open("/dev/" + names->front(), O_RDWR)
                                         : kata::Error::make(kata::Code::kNotFound, "no port yet");
    if (port || !port.error().is(kata::Code::kNotFound)) return port;
    ::usleep(10000);
  }
}

// Until it hangs up.
kata::Result<> serve_host() {
  auto port = TRY(agent_port());
  auto mux = TRY(kata::mux::Mux::create(std::move(port), kata::mux::Role::kServer));
  say(concat("serving; processors online: ", ::sysconf(_SC_NPROCESSORS_ONLN)));
  while (true) {
    auto incoming = TRY(mux->accept());
    if (incoming.port == kReportPort) {
      tell(incoming.stream);
    } else {
      std::thread(echo, std::move(incoming.stream)).detach();
    }
  }
}

[[noreturn]] void serve() {
  load_modules();
  while (true) {
    auto served = serve_host();
    if (!served) say(served.error().text());
  }
}

}  // namespace

int main() {
  ::mkdir("/dev", 0755);
  ::mkdir("/sys", 0755);
  ::mount("devtmpfs", "/dev", "devtmpfs", 0, nullptr);
  ::mkdir("/proc", 0755);
  ::mount("proc", "/proc", "proc", 0, nullptr);
  ::mount("sysfs", "/sys", "sysfs", 0, nullptr);
  int console = ::open("/dev/console", O_RDWR);
  for (int fd : {0, 1, 2}) ::dup2(console, fd);
  const char* wanted = std::getenv("test");
  std::string_view what = wanted != nullptr ? wanted : "";
  say(concat("up: ", what));
  if (what == "poweroff") ::reboot(RB_POWER_OFF);
  if (what == "reboot") ::reboot(RB_AUTOBOOT);
  if (what == "exit") return 3;
  if (what == "crash") std::abort();
  if (what == "panic") ignore(kata::sys::write_file("/proc/sysrq-trigger", "c"));
  if (what == "echo") serve();
  while (true) ::pause();
}
