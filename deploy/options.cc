#include "deploy/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

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

constexpr std::string_view kForDocker = "kata-deploy-docker";

void describe_for_docker(CLI::App& app, Options& options) {
  static const std::map<std::string, Action> kActions{{"install", Action::kDockerInstall},
                                                      {"remove", Action::kDockerRemove}};
  options.host = "/";
  app.add_option("action", options.action, "install or remove")
      ->required()
      ->transform(CLI::Transformer(kActions))
      ->type_name("ACTION");
  app.add_option("--host", options.host, "directory with the host's opt/kata and etc/docker (default: /)");
  app.add_option("--artifacts", options.artifacts, "what is installed (default: /opt/kata-artifacts)");
  app.add_flag("--dry-run", options.dry_run, "print what would change, and change nothing");
}

// What `app` describes is in line.options afterwards.
void parse(CLI::App& app, std::vector<std::string> words, Line& line) {
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the end
  try {
    app.parse(std::move(words));
    line.runs = true;
  } catch (const CLI::ParseError& error) {
    line.exit_status = app.exit(error);
  }
}

}  // namespace

bool is_for_docker(Action action) { return action == Action::kDockerInstall || action == Action::kDockerRemove; }

Line read_line(int count, char** values) {
  std::vector<std::string> words(values + 1, values + count);
  std::string_view program = values[0];
  program.remove_prefix(program.rfind('/') + 1);
  bool is_named = program == kForDocker;
  Line out;
  if (is_named || (!words.empty() && words[0] == kForDocker)) {
    if (!is_named) words.erase(words.begin());
    CLI::App app{"Installs the runtime for the host's Docker, from a container: docs/howto/docker.md.",
                 std::string(kForDocker)};
    describe_for_docker(app, out.options);
    parse(app, std::move(words), out);
    return out;
  }
  int64_t seconds = out.options.patience.count();
  std::string ignored;
  CLI::App app{"Installs the runtime on a node of a Kubernetes cluster. The environment says what: docs/kubernetes.md.",
               "kata-deploy"};
  describe(app, out.options, seconds, ignored);
  parse(app, std::move(words), out);
  out.options.patience = std::chrono::seconds(seconds);
  return out;
}

}  // namespace kata::deploy
