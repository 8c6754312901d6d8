#include "hypervisor/qemu/host_check.h"

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include "hypervisor/qemu/architecture.h"
#include "hypervisor/qemu/driver.h"
#include "hypervisor/qemu/jail.h"
#include "hypervisor/qemu/jail_identity.h"
#include "hypervisor/qemu/jail_label.h"
#include "hypervisor/qemu/preflight.h"
#include "hypervisor/qemu/settings.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"

namespace kata::hypervisor {

namespace {

constexpr const char* kMakeImage = "run ./dev image, or set the path in the [hypervisor.qemu] table";
constexpr std::string_view kBefore = "QEMU emulator version ";
constexpr size_t kMaxOutput = 64U << 10U;
constexpr auto kVersionTimeout = std::chrono::seconds(10);

Finding failed(std::string name, const Error& error, std::string fix) {
  return {std::move(name), Verdict::kError, error.message(), std::move(fix)};
}

// What a program prints on stdout, and its end. A program that hangs is killed.
Result<std::string> output_of(const std::string& path, const std::string& argument) {
  auto pipe = TRY(sys::pipe());
  auto child = TRY(sys::spawn({.argv = {path, argument}, .out = pipe.write.get()}));
  pipe.write.reset();
  auto ended = sys::wait_for(child.pidfd.get(), POLLIN, kVersionTimeout);
  if (!ended || !*ended) ignore(sys::pidfd_signal(child.pidfd.get(), SIGKILL));
  auto status = TRY(sys::wait_child(child.pid));
  auto text = TRY(sys::read_to_end(pipe.read.get(), kMaxOutput));
  if (status.code != 0) return Error::make(Code::kInternal, concat(path, " ", argument, " ", sys::describe(status)));
  return text;
}

Finding check_binary(const VmConfig& config) {
  constexpr int kOldest = 6;  // virtio-balloon's free page reporting and -accel's tb-size are older still
  auto package = qemu_architecture(architecture()).package;
  auto path = kQemuDriver.find_program(config.path);
  if (!path) return failed("qemu", path.error(), path.error().hint_text());
  auto version = qemu_version(*path);
  if (!version) return failed("qemu", version.error(), concat("run apt-get install --reinstall ", package));
  auto number = version->substr(kBefore.size());
  auto detail = concat(*path, ", version ", number);
  if (std::atoi(number.c_str()) >= kOldest) return {"qemu", Verdict::kOk, detail, {}};
  return {"qemu", Verdict::kWarning, concat(detail, "; older than anything that was tested"),
          concat("run apt-get install ", package)};
}

Finding check_firmware(const VmConfig& config) {
  const auto& configured = config.firmware;
  if (!configured.empty()) {
    if (sys::exists(configured)) return {"firmware", Verdict::kOk, configured, {}};
    return {"firmware", Verdict::kError, concat(configured, " does not exist"),
            "remove firmware from the configuration"};
  }
  if (qemu_architecture(architecture()).fast_firmware.empty()) {
    return {"firmware", Verdict::kOk, "the machine starts a kernel without one", {}};
  }
  auto fast = find_fast_firmware();
  if (!fast.empty()) return {"firmware", Verdict::kOk, fast, {}};
  return {"firmware", Verdict::kWarning, "no qboot.rom: SeaBIOS is used, which starts half a second later",
          "run apt-get install qemu-system-data"};
}

Finding check_kernel(const VmConfig& config) {
  const auto& path = config.kernel;
  if (path.empty()) return {"guest kernel", Verdict::kError, "none is configured", kMakeImage};
  auto image = architecture().inspect_kernel(path);
  if (!image) {
    return failed("guest kernel", image.error(),
                  image.error().is_errno(ENOENT) ? kMakeImage : image.error().hint_text());
  }
  if (!image->unpacks_itself) return {"guest kernel", Verdict::kOk, path, {}};
  return {"guest kernel", Verdict::kWarning, concat(path, " is compressed: it unpacks itself at every start"),
          kMakeImage};
}

// What is between the host and a guest that has broken out into QEMU (docs/threat-model.md).
Finding check_confinement(VmConfig config) {
  constexpr const char* kName = "confinement";
  auto path = kQemuDriver.find_program(config.path);
  if (!path) return {kName, Verdict::kWarning, "there is no QEMU to confine", {}};
  config.path = *path;
  auto why = why_no_jail(config);
  if (!why) return failed(kName, why.error(), {});
  if (!why->empty()) {
    return {kName, Verdict::kWarning,
            concat("QEMU is not confined (", *why, "): who breaks out of a guest has the rights of who started it"),
            "run it as root, with jail = true and a program in path"};
  }
  auto tried = sys::make_jail(qemu_jail(config, false));
  if (!tried) return {kName, Verdict::kWarning, concat("QEMU is not confined: ", tried.error().text()), {}};
  auto user = qemu_user(config);
  if (!user) return failed(kName, user.error(), {});
  const auto& root = user->why_root;
  auto detail = concat("with virtio-fs QEMU has a root file system of its own, ",
                       root.empty() ? "is a user of its own" : concat("is root (", root, ")"),
                       ", has no privileges and few system calls; with 9p it is root with six capabilities");
  if (!root.empty())
    return {kName, Verdict::kWarning, detail,
            "let everybody read what QEMU reads; without root, install uidmap and give the user ids"};
  if (qemu_settings(config).seccomp_sandbox.empty()) {
    return {kName, Verdict::kWarning,
            "QEMU has a root file system and a list of system calls of its own, but not QEMU's own filter, too",
            concat("set seccomp_sandbox = \"", kSeccompSandbox, "\"")};
  }
  return {kName, Verdict::kOk, detail, {}};
}

}  // namespace

std::vector<Finding> check_host_for_qemu(const VmConfig& config) {
  return {check_binary(config), check_firmware(config), check_kernel(config), check_confinement(config),
          check_security_modules(config)};
}

Result<std::string> qemu_version(const std::string& path) {
  auto text = TRY(output_of(path, "--version"));
  auto start = text.find(kBefore);
  if (start == std::string::npos) return Error::make(Code::kInternal, concat(path, " is no QEMU"));
  return text.substr(start, text.find('\n', start) - start);
}

}  // namespace kata::hypervisor
