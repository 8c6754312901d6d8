#include "deploy/actions.h"

#include <algorithm>

#include "cli/output/output.h"
#include "deploy/host.h"
#include "deploy/made_files.h"
#include "deploy/node/layout.h"
#include "deploy/node/registration.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"

namespace kata::deploy {

namespace {

using Names = std::vector<std::string>;

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<> expect_built(const Payload& payload, std::string_view variable, const std::string& shim) {
  if (has(payload.shims, shim)) return {};
  std::string all;
  for (const auto& each : payload.shims) all += concat(all.empty() ? "" : ", ", each);
  return Error::make(Code::kNotFound, concat(variable, ": there is no shim \"", shim, "\"; what there is: ", all))
      .hint(concat("use one of ", all));
}

// Those that are asked for; all where none is named.
Result<Names> chosen_shims(const Settings& settings, const Payload& payload) {
  for (const auto& shim : settings.shims) TRY(expect_built(payload, "SHIMS", shim));
  auto shims = settings.shims.empty() ? payload.shims : settings.shims;
  const auto& usual = settings.default_shim;
  if (usual.empty()) return shims;
  TRY(expect_built(payload, "DEFAULT_SHIM", usual));
  if (has(shims, usual)) return shims;
  return Error::make(Code::kInvalidArgument, concat("DEFAULT_SHIM: ", usual, " is not one of SHIMS"))
      .hint(concat("add ", usual, " to SHIMS"));
}

class Work {
 public:
  Work(const Options& options, const Settings& settings, Announcement& announcement)
      : options_(options),
        settings_(settings),
        announcement_(announcement),
        effort_{options.dry_run, options.patience} {}

  Result<> install(bool copies, bool registers) {
    auto payload = TRY(read_payload(options_.artifacts));
    auto shims = TRY(chosen_shims(settings_, payload));
    auto made = TRY(made_files(settings_, payload, shims));
    for (const auto& note : settings_.notes) TRY(cli::print(note + "\n"));
    auto runtime = TRY(announcement_.engine());
    auto host = TRY(Host::enter(options_.host, options_.dry_run));
    Names before;
    if (copies || registers) {
      auto target = TRY(host.target(settings_.prefix));
      before = TRY(copied_shims(target));
      if (copies) TRY(copy_payload(payload, made, target, options_.dry_run));
    }
    TRY(host.become_root());
    auto layout = TRY(find_layout(settings_.distribution, runtime));
    TRY(cli::print(concat("the engine is ", layout.engine->name(), " ", layout.program.version, "\n")));
    if (!copies) before = payload.shims;
    if (!registers) return {};
    TRY(check_node(shims));
    TRY(register_runtimes(layout, wishes_of(settings_, layout, shims),
                          wishes_of(settings_, layout, without(before, shims)), effort_));
    return announcement_.installed(shims);
  }

  Result<> clean_up(bool unregisters, bool removes) {
    auto runtime = announcement_.engine().value_or("");  // what is on the node decides, too
    auto host = TRY(Host::enter(options_.host, options_.dry_run));
    TRY(host.become_root());
    Target target{settings_.prefix, settings_.prefix};
    auto shims = TRY(copied_shims(target));
    for (const auto& shim : settings_.shims) {
      if (!has(shims, shim)) shims.push_back(shim);
    }
    if (unregisters) {
      TRY(told(announcement_.going(shims)));
      auto layout = TRY(find_layout(settings_.distribution, runtime));
      TRY(register_runtimes(layout, {}, wishes_of(settings_, layout, shims), effort_));
    }
    if (!removes) return {};
    TRY(remove_copy(target, options_.dry_run));
    return told(announcement_.gone());
  }

  Result<> reset() {
    auto runtime = TRY(announcement_.engine());
    auto host = TRY(Host::enter(options_.host, options_.dry_run));
    TRY(host.become_root());
    auto layout = TRY(find_layout(settings_.distribution, runtime));
    if (options_.dry_run) return cli::print("would restart the engine, and remove the node's labels\n");
    TRY(restart_engine(layout, effort_));
    return announcement_.reset();
  }

 private:
  // Whoever deletes the DaemonSet deletes our rights with it: the node is cleaned up all the same.
  static Result<> told(const Result<>& answer) {
    return answer ? answer : cli::print(concat("the cluster could not be told: ", answer.error().text(), "\n"));
  }

  static Names without(Names names, const Names& others) {
    std::erase_if(names, [&](const std::string& name) { return has(others, name); });
    return names;
  }

  // What it prints is for the log of this pod.
  Result<> check_node(const Names& shims) const {
    if (!options_.checks || options_.dry_run) return {};
    for (const auto& shim : shims) {
      auto program = settings_.prefix + "/bin/kata-runtime";
      auto file = concat(settings_.prefix, "/", kDefaults, "/configuration-", shim, ".toml");
      auto child = TRY(sys::spawn({.argv = {program, "--config", file, "check"}, .out = 1, .err = 2}));
      auto status = TRY(sys::wait_child(child.pid));
      if (status.code == 0) continue;
      return Error::make(Code::kFailedPrecondition,
                         concat("this node cannot run ", settings_.handler(shim), ": ", program, " check ",
                                sys::describe(status), "; its lines [error] above say what is missing"))
          .hint("install it on the node (the machine's emulator is not part of the image), or use --no-check");
    }
    return {};
  }

  const Options& options_;
  const Settings& settings_;
  Announcement& announcement_;
  Effort effort_;
};

}  // namespace

Result<> act(const Options& options, const Settings& settings, Announcement& announcement) {
  Work work(options, settings, announcement);
  switch (options.action) {
    case Action::kInstall:
      return work.install(true, true);
    case Action::kHostCheck:
      return work.install(false, false);
    case Action::kCopy:
      return work.install(true, false);
    case Action::kRegister:
      return work.install(false, true);
    case Action::kCleanup:
      return work.clean_up(true, true);
    case Action::kUnregister:
      return work.clean_up(true, false);
    case Action::kRemoveCopy:
      return work.clean_up(false, true);
    case Action::kReset:
      return work.reset();
    case Action::kPostInstallWait:
    case Action::kDockerInstall:  // act_for_docker()
    case Action::kDockerRemove:
      return {};
  }
  return {};
}

}  // namespace kata::deploy
