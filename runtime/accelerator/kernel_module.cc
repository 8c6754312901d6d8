#include "runtime/accelerator/kernel_module.h"

#include <sys/utsname.h>

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"

namespace kata::accelerator {

namespace {

constexpr size_t kListLimit = 8 << 20;  // Debian's has 700 KiB

std::string plain(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

}  // namespace

// A line each: "kernel/arch/x86/kvm/kvm-amd.ko.xz: kernel/arch/x86/kvm/kvm.ko.xz".
bool lists_module(std::string_view list, std::string_view module) {
  auto wanted = plain(module);
  for (auto line : lines_of(list)) {
    auto path = line.substr(0, line.find(':'));
    auto name = path.substr(path.rfind('/') + 1);
    if (plain(name.substr(0, name.find(".ko"))) == wanted) return true;
  }
  return false;
}

std::string how_to_load(const std::string& module) {
  utsname kernel{};
  ::uname(&kernel);
  auto place = concat("/lib/modules/", kernel.release);
  auto list = sys::read_file(place + "/modules.dep", kListLimit);
  if (!list) return concat("run modprobe ", module, ", or use a kernel that has it: there is no ", place);
  if (!lists_module(*list, module)) return concat("use a kernel that has it: ", place, " does not");
  return "run modprobe " + module;
}

}  // namespace kata::accelerator
