// nerdctl.toml has nothing of runtimes: nerdctl names the shim's type to containerd, which looks for it in its PATH.
#include "cli/engines/engine.h"
#include "lib/base/concat.h"
#include "lib/sys/root_path.h"

namespace kata::cli::engines {

namespace {

class Nerdctl : public Engine {
 public:
  std::string name() const override { return "nerdctl"; }
  std::string program() const override { return "nerdctl"; }

  Result<Plan> plan(const Wish& wish, const Program& /*program*/) const override {
    if (!is_in_service_path(sys::parent_of(wish.shim))) {
      return Error::make(Code::kFailedPrecondition, concat("containerd does not find ", wish.shim, " in its PATH"))
          .hint(concat("run ln -s ", wish.shim, " /usr/local/bin/"));
    }
    Plan out;
    out.notes.push_back(concat("nothing to write: containerd finds ", wish.shim, " by its name, ", kShimType));
    out.example = concat("nerdctl run --rm --runtime ", kShimType, " busybox uname -r");
    return out;
  }

  Result<std::vector<Trace>> traces(const Wish& /*wish*/) const override { return std::vector<Trace>{}; }

  Result<Look> look(const Wish& wish, const Program& /*program*/) const override {
    bool found = is_in_service_path(sys::parent_of(wish.shim));
    return Look{found, found ? concat("--runtime ", kShimType, " is ", wish.shim) : ""};
  }
};

}  // namespace

const Engine& nerdctl() {
  static const Nerdctl engine;
  return engine;
}

}  // namespace kata::cli::engines
