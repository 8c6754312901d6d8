#include "deploy/announcement.h"

#include <algorithm>
#include <chrono>

#include "cli/output/output.h"
#include "lib/base/concat.h"
#include "lib/text/time.h"

namespace kata::deploy {

namespace {

// The labels of this field: RuntimeClasses and others' manifests select by the first.
constexpr char kLabel[] = "katacontainers.io/kata-runtime";
constexpr std::string_view kInstances = "kata-deploy.katacontainers.io/";
constexpr char kDefaultClass[] = "kata";
// A pod that is ending has no time to wait for an API server: terminationGracePeriodSeconds of the chart.
constexpr std::chrono::seconds kPatienceAtTheEnd{30};

}  // namespace

Result<Announcement> Announcement::open(const Options& options, const Settings& settings) {
  Announcement out(options, settings);
  if (options.dry_run) return out;
  auto access = TRY(access_of_pod(environment("KUBERNETES_SERVICE_HOST"), environment("KUBERNETES_SERVICE_PORT"),
                                  options.service_account));
  if (!access || settings.node.empty()) {
    TRY(cli::print(concat(access ? "NODE_NAME is not set" : "this is no pod of a cluster", ": no labels are set\n")));
    return out;
  }
  bool ends = options.action == Action::kCleanup || options.action == Action::kUnregister;
  auto patience = ends ? std::min(options.patience, kPatienceAtTheEnd) : options.patience;
  out.client_ = std::make_unique<Client>(*access, patience);
  out.cluster_ = std::make_unique<Cluster>([client = out.client_.get()](const Request& r) { return client->ask(r); });
  return out;
}

Result<bool> Announcement::daemon_set_is_there() {
  if (!can_tell()) return true;
  return cluster_->has_daemon_set(settings_.name_space, settings_.daemon_set);
}

Result<std::string> Announcement::engine() {
  if (!can_tell()) return std::string();
  return cluster_->engine(settings_.node);
}

std::string Announcement::own_label() const {
  return concat(kInstances, settings_.suffix.empty() ? "default" : settings_.suffix);
}

Result<> Announcement::label(const LabelChange& change) {
  if (!can_tell()) return {};
  TRY(cluster_->label(settings_.node, change));
  for (const auto& [key, value] : change) {
    TRY(cli::print(concat("node ", settings_.node, ": ", value ? "" : "without ", key, value ? "=" : "",
                          value.value_or(""), "\n")));
  }
  return {};
}

Result<bool> Announcement::others_are_there() {
  if (!can_tell()) return false;
  auto labels = TRY(cluster_->labels(settings_.node));
  return std::any_of(labels.begin(), labels.end(), [&](const auto& label) {
    return label.first.starts_with(kInstances) && label.first != own_label() && label.second == "true";
  });
}

Result<> Announcement::installed(const std::vector<std::string>& shims) {
  TRY(label({{kLabel, "true"}, {own_label(), "true"}}));
  if (!can_tell() || !settings_.runtime_classes) return {};
  auto make = [&](const std::string& name, const std::string& shim) -> Result<> {
    TRY(cluster_->make({name, settings_.handler(shim), settings_.overhead_memory, settings_.overhead_cpu}));
    return cli::print(concat("RuntimeClass ", name, ": handler ", settings_.handler(shim), "\n"));
  };
  for (const auto& shim : shims) TRY(make(settings_.handler(shim), shim));
  if (!settings_.default_runtime_class || shims.empty()) return {};
  return make(kDefaultClass, settings_.default_shim.empty() ? shims.front() : settings_.default_shim);
}

Result<> Announcement::going(const std::vector<std::string>& shims) {
  if (!can_tell()) return {};
  LabelChange change{{own_label(), std::nullopt}};
  if (!TRY(others_are_there())) change[kLabel] = "cleanup";
  TRY(label(change));
  if (!settings_.runtime_classes) return {};
  for (const auto& shim : shims) TRY(cluster_->remove_runtime_class(settings_.handler(shim)));
  if (settings_.default_runtime_class) TRY(cluster_->remove_runtime_class(kDefaultClass));
  return {};
}

Result<> Announcement::gone() {
  if (!settings_.is_last || TRY(others_are_there())) return {};
  return label({{kLabel, std::nullopt}});
}

Result<> Announcement::reset() { return label({{kLabel, std::nullopt}, {own_label(), std::nullopt}}); }

void Announcement::failed(const Error& error) {
  if (!can_tell()) return;
  auto now = rfc3339(std::chrono::system_clock::now(), Precision::kSeconds);
  ignore(cluster_->warn(settings_.node, "KataDeployFailed", error.text(), now));  // the error itself is told anyway
}

}  // namespace kata::deploy
