// Podman knows runtimes by path, and reads /etc/containers/containers.conf.d/*.conf (containers.conf(5); 4.3 does).
#include "cli/engines/drop_in.h"
#include "lib/base/concat.h"
#include "lib/sys/root_path.h"

namespace kata::cli::engines {

namespace {

const config::Path kPodmanRuntimes{"engine", "runtimes"};

std::string podman_file(const Wish& wish) {
  return concat(wish.root, "/etc/containers/containers.conf.d/50-", wish.name, ".conf");
}

// Its built-in list for the name "kata" has the directories of programs.
bool podman_looks_there(const std::string& runtime) {
  return sys::last_of(runtime) == "kata-runtime" && is_in_service_path(sys::parent_of(runtime));
}

class Podman : public Engine {
 public:
  std::string name() const override { return "podman"; }
  std::string program() const override { return "podman"; }

  Result<Plan> plan(const Wish& wish, const Program& /*program*/) const override {
    Plan out;
    auto body = to_text(TomlTable{kPodmanRuntimes, {{wish.name, config::Strings{wish.runtime}}}});
    out.edits.push_back(TRY(own_drop_in(podman_file(wish), maker_of(wish, name()), body)));
    out.notes.push_back(concat("by path, ", wish.runtime));
    out.example = concat("podman --runtime ", wish.name, " run --rm docker.io/library/busybox uname -r");
    return out;
  }

  Result<std::vector<Trace>> traces(const Wish& wish) const override {
    return std::vector<Trace>{{.path = podman_file(wish), .owner = Owner::kOurs}};
  }

  Result<Look> look(const Wish& wish, const Program& /*program*/) const override {
    auto found =
        TRY(look_in({wish.root + "/etc/containers/containers.conf.d/", wish.root + "/etc/containers/containers.conf",
                     wish.root + "/usr/share/containers/containers.conf"},
                    ".conf", kPodmanRuntimes, ""));
    if (!found.registered && podman_looks_there(wish.runtime)) {
      return Look{true, concat("runtime kata is ", wish.runtime, ", where it looks by itself")};
    }
    return found;
  }
};

}  // namespace

const Engine& podman() {
  static const Podman engine;
  return engine;
}

}  // namespace kata::cli::engines
