// CRI-O takes shims ("vm"), and reads every file of /etc/crio/crio.conf.d.
#include "cli/engines/drop_in.h"
#include "lib/base/concat.h"

namespace kata::cli::engines {

namespace {

const config::Path kCrioRuntimes{"crio", "runtime", "runtimes"};

std::string crio_file(const Wish& wish) { return concat(wish.root, "/etc/crio/crio.conf.d/50-", wish.name, ".conf"); }

class Crio : public Engine {
 public:
  std::string name() const override { return "crio"; }
  std::string program() const override { return "crio"; }
  std::string restart() const override { return "systemctl restart crio"; }

  Result<Plan> plan(const Wish& wish, const Program& /*program*/) const override {
    Plan out;
    TomlTable table{kCrioRuntimes, {}};
    table.path.push_back(wish.name);
    table.values = {{"runtime_path", wish.shim},
                    {"runtime_type", std::string("vm")},
                    {"runtime_root", std::string("/run/vc")},
                    {"privileged_without_host_devices", true}};
    if (!wish.configuration.empty()) table.values.emplace_back("runtime_config_path", wish.configuration);
    out.edits.push_back(TRY(own_drop_in(crio_file(wish), maker_of(wish, name()), to_text(table))));
    out.notes.push_back(concat("by shim, ", wish.shim));
    out.example = concat("crictl runp --runtime ", wish.name, " pod.json");
    return out;
  }

  Result<std::vector<Trace>> traces(const Wish& wish) const override {
    return std::vector<Trace>{{.path = crio_file(wish), .owner = Owner::kOurs}};
  }

  Result<Look> look(const Wish& wish, const Program& /*program*/) const override {
    return look_in({wish.root + "/etc/crio/crio.conf.d/", wish.root + "/etc/crio/crio.conf"}, "", kCrioRuntimes,
                   "runtime_path");
  }
};

}  // namespace

const Engine& crio() {
  static const Crio engine;
  return engine;
}

}  // namespace kata::cli::engines
