#include "deploy/node/registration.h"

#include <utility>

#include "cli/engines/steps.h"
#include "cli/output/output.h"
#include "deploy/node/payload.h"
#include "deploy/node/service.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::deploy {

namespace {

using cli::print;
using cli::engines::Edit;
using cli::engines::Wish;

// Files were changed, and the engine has not seen them yet. A boot, which empties /run, shows them to it.
constexpr char kNotSeenYet[] = "/run/kata-deploy.restart";

struct Changed {
  std::string name;
  std::vector<Edit> edits;
};

// What this installer wrote earlier, in other words than today's, goes first.
Result<Changed> write_one(const Layout& layout, const Wish& wish, const Effort& effort) {
  auto written = write_runtime(*layout.engine, wish, layout.program, effort.dry_run);
  if (!written && written.error().is(Code::kAlreadyExists) && !effort.dry_run) {
    auto taken_back = take_back_runtime(*layout.engine, wish, false);
    if (!taken_back || !*taken_back) return written.error();
    written = write_runtime(*layout.engine, wish, layout.program, false);
  }
  return Changed{wish.name, TRY(written).edits};
}

Result<> put_all_back(const std::vector<Changed>& changes) {
  Result<> out;
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    auto done = put_back(change->edits, change->name);
    if (out && !done) out = done;
  }
  return out;
}

Error with_the_way_back(const Error& error, const Result<>& files, const Result<>& restarted) {
  if (!files) return error.add(concat("its files could not be put back: ", files.error().message()));
  if (!restarted) return error.add(concat("its files are as they were, and still: ", restarted.error().message()));
  return error.add("so the node was put back as it was");
}

// Before anything is changed: an engine that has failed because of it runs no more. Empty: nothing is to be restarted.
Result<std::string> unit_of(const Layout& layout) {
  if (layout.units.empty() || !has_systemd()) return std::string();
  return running_unit(layout.units);
}

Result<> restart(const Layout& layout, const std::string& unit, const Effort& effort) {
  const auto& name = layout.engine->name();
  if (unit.empty()) {
    TRY(sys::remove_file(kNotSeenYet));
    return print(layout.units.empty() ? concat(name, " is restarted by its distribution, which sees the change\n")
                                      : concat("there is no systemd on this node: restart ", name, " yourself\n"));
  }
  TRY(print(concat("restarting ", unit, "\n")));
  TRY(restart_unit(unit, layout.socket, effort.patience));
  TRY(sys::remove_file(kNotSeenYet));
  return print(concat(unit, " is back\n"));
}

}  // namespace

std::vector<Wish> wishes_of(const Settings& settings, const Layout& layout, const std::vector<std::string>& shims) {
  std::vector<Wish> out;
  for (const auto& shim : shims) {
    Wish wish{.name = settings.handler(shim)};
    wish.runtime = settings.prefix + "/bin/kata-runtime";
    wish.shim = settings.prefix + "/bin/containerd-shim-kata-v2";
    wish.configuration = concat(settings.prefix, "/", kDefaults, "/configuration-", shim, ".toml");
    wish.privileged_without_host_devices = true;
    if (auto found = settings.snapshotters.find(shim); found != settings.snapshotters.end()) {
      wish.snapshotter = found->second;
    }
    wish.containerd = layout.containerd;
    wish.maker = "kata-deploy";
    wish.exactly = true;
    out.push_back(std::move(wish));
  }
  return out;
}

Result<> restart_engine(const Layout& layout, const Effort& effort) {
  return restart(layout, TRY(unit_of(layout)), effort);
}

Result<> register_runtimes(const Layout& layout, const std::vector<Wish>& wanted, const std::vector<Wish>& gone,
                           const Effort& effort) {
  bool changed = sys::exists(kNotSeenYet);
  auto unit = effort.dry_run ? std::string() : TRY(unit_of(layout));
  if (!effort.dry_run && !changed) TRY(sys::write_file(kNotSeenYet, ""));
  bool something = false;
  for (auto wish = gone.rbegin(); wish != gone.rend(); ++wish) {
    something = TRY(take_back_runtime(*layout.engine, *wish, effort.dry_run)) || something;
  }
  std::vector<Changed> changes;
  for (const auto& wish : wanted) {
    auto change = write_one(layout, wish, effort);
    if (!change) {
      if (!effort.dry_run) ignore(put_all_back(changes));
      return change.error();
    }
    something = something || !change->edits.empty();
    changes.push_back(*std::move(change));
  }
  if (effort.dry_run) return print(something ? "would restart the engine\n" : "nothing would change\n");
  if (!something && !changed) return sys::remove_file(kNotSeenYet);
  auto restarted = restart(layout, unit, effort);
  if (restarted || wanted.empty()) return restarted;
  auto files = put_all_back(changes);
  return with_the_way_back(restarted.error(), files, files ? restart(layout, unit, effort) : Result<>());
}

}  // namespace kata::deploy
