#include "deploy/docker.h"

#include "cli/engines/steps.h"
#include "cli/output/output.h"
#include "deploy/host.h"
#include "deploy/made_files.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "runtime/systemd/scope.h"

namespace kata::deploy {

namespace {

using cli::engines::Program;
using cli::engines::Wish;

constexpr char kUnit[] = "docker.service";
constexpr char kConfiguration[] = "/etc/docker";

std::string below(const Options& options, const std::string& path) {
  return options.host == "/" ? path : concat(options.host, path);
}

// What is not mounted would be written into this container, and be gone with it.
Result<> expect_mounted(const Options& options, const std::string& path) {
  if (sys::exists(below(options, path))) return {};
  return Error::make(Code::kFailedPrecondition, concat("the host's ", path, " is not mounted here"))
      .hint(concat("run it with docker run -v ", path, ":", path, ", and the other mounts of docs/howto/docker.md"));
}

// By its path, which every version of Docker takes; which one is the host's cannot be seen from here.
Wish wish_of(const Options& options, const Settings& settings, const std::string& shim) {
  Wish out{.name = settings.handler(shim)};
  out.root = options.host == "/" ? "" : options.host;
  out.runtime = settings.prefix + "/bin/kata-runtime";
  out.shim = settings.prefix + "/bin/containerd-shim-kata-v2";
  out.maker = "kata-deploy-docker";
  return out;
}

// Containers go on running, this one too.
Result<> reload(bool dry_run) {
  if (dry_run) return cli::print("would make Docker read its configuration again\n");
  auto done = systemd::reload_unit(kUnit);
  if (done) return cli::print("Docker has read its configuration again\n");
  return cli::print(concat("Docker could not be told: ", done.error().message(), "\nthen: systemctl reload docker\n"));
}

Result<> install(const Options& options, const Settings& settings, const Target& target) {
  auto payload = TRY(read_payload(options.artifacts));
  auto made = TRY(made_files(settings, payload, payload.shims));
  TRY(copy_payload(payload, made, target, options.dry_run));
  bool changes = false;
  for (const auto& shim : payload.shims) {
    auto wish = wish_of(options, settings, shim);
    auto written = TRY(write_runtime(cli::engines::docker(), wish, Program{}, options.dry_run));
    changes = changes || !written.edits.empty();
    TRY(cli::print(concat("try:  ", written.example, "\n")));
  }
  return changes ? reload(options.dry_run) : Result<>();
}

Result<> remove(const Options& options, const Settings& settings, const Target& target) {
  bool changes = false;
  for (const auto& shim : TRY(copied_shims(target))) {
    auto wish = wish_of(options, settings, shim);
    changes = TRY(take_back_runtime(cli::engines::docker(), wish, options.dry_run)) || changes;
  }
  if (changes) TRY(reload(options.dry_run));
  return remove_copy(target, options.dry_run);
}

}  // namespace

Result<> act_for_docker(const Options& options, const Settings& settings) {
  TRY(expect_mounted(options, settings.prefix));
  TRY(expect_mounted(options, kConfiguration));
  auto host = TRY(Host::enter(options.host, options.dry_run));
  if (options.action == Action::kDockerRemove) {
    return remove(options, settings, {below(options, settings.prefix), settings.prefix});
  }
  return install(options, settings, TRY(host.target(settings.prefix)));
}

}  // namespace kata::deploy
