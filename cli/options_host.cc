// The commands that are about this host and no container.
#include "cli/engines/install.h"
#include "cli/host/check.h"
#include "cli/host/doctor.h"
#include "cli/host/env.h"
#include "cli/host/factory.h"
#include "cli/host/overhead.h"
#include "cli/subcommand.h"

namespace kata::cli {

void add_host(CLI::App& app, Context& context) {
  auto [check, c] =
      command<CheckOptions>(app, context, "check", "can this host run containers, and how", [&](CheckOptions o) {
        o.config = context.globals.config;
        o.no_place = context.globals.no_place;
        return Result<int>(run_check(o));
      });
  check->alias("kata-check");
  check->add_flag("--json", c->json, "for machines");
  check->add_flag("-s,--strict", c->strict, "a warning is a failure");
  check->add_flag("-v,--verbose", c->verbose, "accepted: everything is always listed");
  check->add_flag("--check-version-only", c->check_version_only, "print the version; nothing is fetched");
  check->add_flag("--only-list-releases", c->only_list_releases, "print the version; nothing is fetched");
  check->add_flag("--include-all-releases", c->include_all_releases, "print the version; nothing is fetched");
  check->add_flag("-n,--no-network-checks", c->no_network_checks, "always so");
  auto [env, e] = command<EnvOptions>(app, context, "env", "print the host, the configuration and what was chosen",
                                      [&](EnvOptions o) {
                                        o.config = context.globals.config;
                                        return Result<int>(run_env(o));
                                      });
  env->alias("kata-env");
  env->add_flag("--json", e->json, "JSON instead of TOML");
  auto [doctor, d] =
      command<DoctorOptions>(app, context, "doctor", "what stands between the processes of pods and the host",
                             [&](const DoctorOptions& o) { return run_doctor(context.globals, o); });
  doctor->add_option("id", d->id, "a container or a pod (default: every pod)");
  doctor->add_flag("--security", d->security, "users, capabilities, system calls, namespaces of each process");
  doctor->add_flag("--json", d->json, "for machines");
  auto [overhead, o] =
      command<OverheadOptions>(app, context, "overhead", "what a pod takes of the host beside what its containers use",
                               [&](const OverheadOptions& options) { return run_overhead(context.globals, options); });
  overhead->alias("kata-overhead");
  overhead->add_option("id", o->ids, "containers or pods that run")->required();
  overhead->add_option("--seconds", o->seconds, "how long processor time is measured (default: 1)")
      ->check(CLI::Range(0.1, 3600.0));
  overhead->add_flag("--json", o->json, "for machines");
}

void add_factory(CLI::App& app, Context& context) {
  auto* factory = app.add_subcommand("factory", "templates of machines that have booted, to go on from");
  factory->require_subcommand(1);
  struct None {};
  auto add = [&](const char* name, const char* help, Result<int> (*run)(const std::string&)) {
    command<None>(*factory, context, name, help, [&context, run](None) { return run(context.globals.config); });
  };
  add("init", "make the template for pods without limits, if there is none", run_factory_init);
  add("status", "list the templates", run_factory_status);
  add("destroy", "remove all templates", run_factory_destroy);
}

void add_install(CLI::App& app, Context& context) {
  auto [sub, o] = command<engines::InstallOptions>(app, context, "install", "make an engine know this runtime",
                                                   [](const auto& options) { return engines::run_install(options); });
  sub->add_option("engine", o->engine, "docker, podman, containerd, crio or nerdctl")->required();
  sub->add_option("--name", o->name, "what the engine shall call the runtime (default: kata)");
  sub->add_option("--root", o->root, "directory that the engine's files are below (default: /)");
  sub->add_flag("--dry-run", o->dry_run, "print what would be written, and write nothing");
  sub->add_flag("--undo", o->undo, "put the engine's files back as they were");
}

}  // namespace kata::cli
