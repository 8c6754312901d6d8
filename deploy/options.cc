#include "deploy/options.h"

#include <CLI/CLI.hpp>
#include <map>

#include "lib/base/concat.h"
#include "lib/version/version.h"

namespace kata::deploy {

namespace {

const std::map<std::string, Action>& actions() {
  static const std::map<std::string, Action> kActions{
      {"install", Action::kInstall},
      {"cleanup", Action::kCleanup},
      {"reset", Action::kReset},
      {"install-stage-host-check", Action::kHostCheck},
      {"install-stage-artifacts", Action::kCopy},
      {"install-stage-cri", Action::kRegister},
      {"cleanup-stage-revert-cri", Action::kUnregister},
      {"cleanup-stage-remove-artifacts", Action::kRemoveCopy},
      {"internal-post-install-wait", Action::kPostInstallWait},
  };
  return kActions;
}

void describe(CLI::App& app, Options& options, int64_t& seconds, std::string& ignored) {
  app.add_option("action", options.action, "install, cleanup, reset, or one stage of them")
      ->required()
      ->transform(CLI::Transformer(actions()))
      ->type_name("ACTION");
  app.add_option("--host", options.host, "the node's root directory (default: /host)");
  app.add_option("--artifacts", options.artifacts, "what is installed (default: /opt/kata-artifacts)");
  app.add_option("--service-account", options.service_account, "directory with the token for the API server");
  app.add_option("--termination-log", options.termination_log, "where the error goes for kubectl, if it is there");
  app.add_option("--patience", seconds, "seconds for an engine to come back (default: 120)")
      ->check(CLI::Range(1, 3600));
  app.add_flag("--dry-run", options.dry_run, "print what would change, and change nothing");
  app.add_flag("--once", options.once, "return when it is done, in a DaemonSet too");
  app.add_flag("!--no-check", options.checks, "install without asking whether the node can run it");
  app.add_option("--log-level", ignored, "accepted: everything is said");
  app.set_version_flag("--version", concat("kata-deploy ", KATA_VERSION, "\ncommit: ", commit()));
}

}  // namespace

Line read_line(int count, char** values) {
  Line out;
  int64_t seconds = out.options.patience.count();
  std::string ignored;
  CLI::App app{"Installs the runtime on a node of a Kubernetes cluster. The environment says what: docs/kubernetes.md.",
               "kata-deploy"};
  describe(app, out.options, seconds, ignored);
  try {
    app.parse(count, values);
  } catch (const CLI::ParseError& error) {
    out.exit_status = app.exit(error);
    return out;
  }
  out.options.patience = std::chrono::seconds(seconds);
  out.runs = true;
  return out;
}

}  // namespace kata::deploy
