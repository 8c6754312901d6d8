#include "cli/engines/engine.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "lib/base/concat.h"

namespace kata::cli::engines {

const std::vector<const Engine*>& all_engines() {
  static const std::vector<const Engine*> kEngines{&docker(), &podman(), &containerd(), &crio(), &nerdctl()};
  return kEngines;
}

Error is_another_one(const std::string& file, const std::string& name) {
  return Error::make(Code::kAlreadyExists, concat(file, ": the runtime ", name, " is there, and is another one"))
      .hint(concat(
          "use --undo first, if it was installed by this command; or --name for another name; or remove it from ",
          file));
}

// systemd's own, which units get that set none (systemd.exec(5)).
bool is_in_service_path(const std::string& directory) {
  constexpr std::array<std::string_view, 6> kDirectories{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                                         "/usr/bin",        "/sbin",          "/bin"};
  return std::find(kDirectories.begin(), kDirectories.end(), directory) != kDirectories.end();
}

}  // namespace kata::cli::engines
