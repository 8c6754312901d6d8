#include "hypervisor/qemu/test_machine.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "hypervisor/qemu/driver.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::hypervisor {

namespace {

namespace fs = std::filesystem;

std::string environment(const char* name, const std::string& fallback) {
  const char* value = ::getenv(name);
  return value != nullptr ? value : fallback;
}

std::string kernel() { return environment("KATA_TEST_KERNEL", KATA_TEST_SHARE "/vmlinux-stock.container"); }

// An uncompressed initramfs: Documentation/driver-api/early-userspace/buffer-format.rst
class Cpio {
 public:
  void file(const std::string& name, const std::string& content, unsigned mode) {
    std::array<char, 111> header;
    std::snprintf(header.data(), header.size(), "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
                  ++inode_, mode, 0, 0, 1, 0, content.size(), 0, 0, 0, 0, name.size() + 1, 0);
    out_.append(header.data(), 110).append(name).push_back('\0');
    pad();
    out_ += content;
    pad();
  }
  std::string take() {
    file("TRAILER!!!", "", 0);
    return std::move(out_);
  }

 private:
  void pad() { out_.resize((out_.size() + 3) & ~size_t{3}); }
  std::string out_;
  unsigned inode_ = 0;
};

// Every module of the directory whose name starts with "virtio", flat.
void add_modules(Cpio& cpio, const std::string& directory) {
  cpio.file("lib", "", 040755);
  cpio.file("lib/modules", "", 040755);
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(directory, error)) {
    auto name = entry.path().filename().string();
    if (!name.starts_with("virtio") || !name.ends_with(".ko")) continue;
    cpio.file("lib/modules/" + name, sys::read_file(entry.path()).value(), 0100644);
  }
}

// The kernel unpacks archives that follow each other; the last /init wins.
std::string make_initrd() {
  Cpio cpio;
  std::string out;
  auto modules = environment("KATA_TEST_MODULES", "");
  if (modules.empty()) {
    out = sys::read_file(KATA_TEST_SHARE "/kata-containers-initrd-stock.img", size_t{64} << 20).value_or("");
    out.resize((out.size() + 3) & ~size_t{3});
  } else {
    add_modules(cpio, modules);
  }
  cpio.file("init", sys::read_file(KATA_TEST_GUEST).value(), 0100755);
  return out + cpio.take();
}

struct Initrd {
  Initrd() : path(fs::temp_directory_path() / concat("kata-qemu-test-", ::getpid(), ".img")) {
    sys::write_file(path, make_initrd()).value();
  }
  ~Initrd() { ignore(sys::remove_file(path)); }
  std::string path;
};

}  // namespace

std::string missing_for_machine() {
  if (::access("/usr/bin/qemu-system-x86_64", X_OK) != 0) return "needs /usr/bin/qemu-system-x86_64";
  if (!sys::exists(kernel())) return concat("needs a guest kernel: ", kernel(), " or KATA_TEST_KERNEL");
  return {};
}

sys::EventLoop& test_loop() {
  static auto loop = std::move(sys::EventLoop::start("test-loop")).value();
  return *loop;
}

VmConfig test_config(const std::string& what) {
  static const Initrd initrd;
  VmConfig out;
  out.id = "test-" + what;
  out.path = "/usr/bin/qemu-system-x86_64";
  out.kernel = kernel();
  out.initrd = initrd.path;
  out.memory_mib = 192;
  out.kernel_params = {"test=" + what};
  return out;
}

std::unique_ptr<Vm> make_machine(VmConfig config) {
  auto vm = kQemuDriver.create(std::move(config));
  EXPECT_TRUE(vm.ok()) << vm.error().text();
  return std::move(vm).value();
}

std::unique_ptr<Vm> start_machine(VmConfig config) {
  auto vm = make_machine(std::move(config));
  auto started = vm->start(test_loop());
  EXPECT_TRUE(started.ok()) << started.error().text();
  return vm;
}

Result<std::string> guest_report(Vm& vm) {
  constexpr uint32_t kReportPort = 1026;
  auto stream = TRY(vm.dial(kReportPort));
  return sys::read_to_end(stream.get(), 1U << 20U);
}

std::string wait_for_report(Vm& vm, const std::string& text) {
  auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  for (;;) {
    auto report = guest_report(vm);
    if (!report) return report.error().text();
    if (report->find(text) != std::string::npos || std::chrono::steady_clock::now() > end) return *report;
    ::usleep(50000);
  }
}

bool wait_for_console(Vm& vm, const std::string& text) {
  while (true) {
    auto ended = sys::wait_for(vm.exit_event(), POLLIN, std::chrono::milliseconds(20));
    for (const auto& line : vm.console_tail()) {
      if (line.find(text) != std::string::npos) return true;
    }
    if (!ended || *ended) return false;
  }
}

}  // namespace kata::hypervisor
