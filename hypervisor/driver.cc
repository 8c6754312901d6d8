#include "hypervisor/driver.h"

#include <array>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/program.h"

namespace kata::hypervisor {

std::span<const std::string_view> program_directories() {
  static constexpr std::array<std::string_view, 4> kDirectories = {"/usr/bin/", "/usr/local/bin/", "/usr/libexec/",
                                                                   "/opt/kata/bin/"};
  return kDirectories;
}

Result<std::string> Driver::find_program(const std::string& path) const {
  if (path.find('/') != std::string::npos) {
    if (sys::is_executable(path)) return path;
    return Error::sys(errno, "hypervisor: run", path)
        .hint(concat("set path in [hypervisor.", name(), "] to where it is, or run ", how_to_install()));
  }
  auto wanted = path.empty() ? std::string(program()) : path;
  std::vector<std::string> candidates{wanted};
  for (auto directory : program_directories()) candidates.push_back(concat(directory, wanted));
  auto found = sys::find_program(candidates);
  if (!found.empty()) return found;
  return Error::make(Code::kNotFound, concat("hypervisor: there is no ", wanted))
      .hint(concat("run ", how_to_install()));
}

Result<std::string> Driver::clone_key(const VmConfig& /*config*/) const {
  return Error::make(Code::kUnimplemented, concat("the hypervisor ", name(), " cannot save machines"));
}

}  // namespace kata::hypervisor
