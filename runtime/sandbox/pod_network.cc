#include "runtime/sandbox/pod_network.h"

#include <algorithm>

#include "lib/base/log.h"
#include "runtime/network/pod_namespace.h"
#include "runtime/sandbox/standin.h"

namespace kata {

namespace {

// Upstream's models that we do not have become tcfilter.
network::Model model_of(config::NetworkModel wanted) {
  using enum config::NetworkModel;
  if (wanted == kTcFilter || wanted == kMacvtap || wanted == kNone) return wanted;
  log::warning("network", "the configured internetworking_model does not exist here; using tcfilter");
  return kTcFilter;
}

Result<network::Settings> network_settings(const config::Config& config, uint32_t vcpus) {
  network::Settings settings;
  settings.model = model_of(config.runtime.internetworking_model);
  settings.rx_rate = config.hypervisor.rx_rate_limiter_max_rate;
  settings.tx_rate = config.hypervisor.tx_rate_limiter_max_rate;
  settings.queues = std::max<uint32_t>(vcpus, 1);
  settings.vhost = !config.hypervisor.disable_vhost_net;
  settings.tap_on_host = config.runtime.disable_new_netns;
  if (settings.tap_on_host && settings.model != network::Model::kNone) {
    return Error::make(Code::kInvalidArgument, "disable_new_netns leaves nothing that the pod's interfaces reach")
        .hint("set internetworking_model = \"none\" with it");
  }
  return settings;
}

// Anybody can put an interface into a fresh one, by the pid that the engine is told: the stand-in's, or the VMM's
// (`ctr run --cni`), which are in it.
Result<netlink::Namespace> open_namespace(const network::PodNamespace& found, pid_t standin) {
  if (found.kind == network::PodNamespace::Kind::kGiven) return netlink::Namespace::open(found.path);
  return standin > 0 ? network_of(standin) : netlink::Namespace::create();
}

}  // namespace

Result<std::vector<hypervisor::Nic>> PodNetwork::open(const CreateRequest& request, const grpc::Spec& spec,
                                                      uint32_t vcpus, journal::Journal& journal) {
  auto settings = TRY(network_settings(config_, vcpus));
  auto found = TRY(network::find_pod_namespace(spec));
  using Kind = network::PodNamespace::Kind;
  std::vector<hypervisor::Nic> none;
  if (found.kind == Kind::kNone) {
    log::warning("network", "the specification names no namespaces: the container has no network but its loopback");
    return none;
  }
  if (found.kind == Kind::kFresh && settings.tap_on_host) return none;
  auto where = TRY(open_namespace(found, request.standin));
  network_ = TRY(network::Network::create(std::move(where), found.path, settings, journal));
  if (config_.runtime.loopback_relay) loopback_ = TRY(network::Loopback::create(network_->where()));
  return network_->plug_at_boot();
}

void PodNetwork::booted() {
  if (network_) network_->booted();
}

int PodNetwork::where() const { return network_ && !config_.runtime.disable_new_netns ? network_->where().fd() : -1; }

Result<> PodNetwork::update(Machine& machine) {
  if (!network_) return {};
  auto updated = network_->update(machine.vm(), machine.agent());
  if (!updated && machine.agent().lost()) return why_ended(machine).value_or(updated.error());
  if (loopback_ && carrying_) loopback_->update();
  return updated;
}

void PodNetwork::follow(Machine& machine) {
  if (!network_) return;
  network_->follow(machine.vm(), machine.agent(), [this] {
    if (loopback_) loopback_->changed();
  });
}

void PodNetwork::stop() {
  if (network_) network_->stop();
  if (loopback_) loopback_->stop();
}

void PodNetwork::resolves_with(const grpc::Spec& spec) {
  if (!loopback_) return;
  for (const auto& mount : spec.mounts()) {
    if (mount.destination() == "/etc/resolv.conf") loopback_->resolves_with(mount.source());
  }
}

void PodNetwork::carry_loopback(Machine& machine, Threads& threads) {
  if (!loopback_) return;
  auto started = threads.run("loopback", [this, &machine] { loopback_->carry(machine.agent()); });
  carrying_ = started.ok();
  if (!started) log::warning("loopback", started.error().message());
}

void PodNetwork::close() {
  loopback_.reset();
  network_.reset();
}

}  // namespace kata
