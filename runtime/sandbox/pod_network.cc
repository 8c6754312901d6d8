#include "runtime/sandbox/pod_network.h"

#include <algorithm>

#include "runtime/network/pod_namespace.h"

namespace kata {

namespace {

Result<network::Settings> network_settings(const config::Config& config, uint32_t vcpus) {
  network::Settings settings;
  settings.model = network::parse_model(config.runtime.internetworking_model);
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

// Whether anybody can put an interface into a namespace that only our processes are in.
bool can_be_filled(const CreateRequest& request, const grpc::Spec& spec) {
  // Engines without a stand-in are told the VMM's pid, and find the namespace by it (`ctr run --cni`).
  return request.standin == 0 || spec.hooks().prestart_size() > 0 || spec.hooks().createruntime_size() > 0;
}

}  // namespace

Result<std::vector<hypervisor::Nic>> PodNetwork::open(const CreateRequest& request, const grpc::Spec& spec,
                                                      uint32_t vcpus, journal::Journal& journal) {
  auto settings = TRY(network_settings(config_, vcpus));
  auto found = TRY(network::find_pod_namespace(spec));
  using Kind = network::PodNamespace::Kind;
  std::vector<hypervisor::Nic> none;
  if (found.kind == Kind::kNone) return none;
  if (found.kind == Kind::kFresh && (settings.tap_on_host || !can_be_filled(request, spec))) return none;
  auto where =
      found.kind == Kind::kGiven ? TRY(netlink::Namespace::open(found.path)) : TRY(netlink::Namespace::create());
  network_ = TRY(network::Network::create(std::move(where), found.path, settings, journal));
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
  return updated;
}

void PodNetwork::follow(Machine& machine) {
  if (network_) network_->follow(machine.vm(), machine.agent());
}

void PodNetwork::stop() {
  if (network_) network_->stop();
}

}  // namespace kata
