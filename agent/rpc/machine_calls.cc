#include <unistd.h>

#include "agent/guest/clock.h"
#include "agent/guest/modules.h"
#include "agent/rpc/agent_calls.h"
#include "agent/rpc/machine.h"
#include "agent/rpc/metrics.h"
#include "agent/storage/drivers.h"
#include "lib/sys/clock.h"

namespace kata::agent {

namespace {
constexpr const char* kSys = "/sys";
constexpr std::chrono::milliseconds kOnlineTimeout{5000};  // upstream's 100 tries of 50 ms
}  // namespace

Result<Empty> AgentCalls::online_cpu_mem(const Context& /*context*/, const grpc::OnlineCPUMemRequest& request) {
  // The device may still be on its way here; its driver finds it.
  if (!request.cpu_only()) load_driver("virtio_mem");
  auto cpus = request.wait() || request.exactly() ? request.nb_cpus() : 0;
  machine::Online wanted{.cpus = cpus, .exactly = request.exactly(), .cpus_only = request.cpu_only()};
  TRY(machine::set_online(kSys, wanted, kOnlineTimeout));
  return Empty();
}

Result<Empty> AgentCalls::reseed_random_dev(const Context& /*context*/, const grpc::ReseedRandomDevRequest& request) {
  TRY(machine::reseed_random(request.data()));
  return Empty();
}

Result<grpc::GuestDetailsResponse> AgentCalls::get_guest_details(const Context& /*context*/,
                                                                 const grpc::GuestDetailsRequest& request) {
  sandbox_.wait_until_booted();
  grpc::GuestDetailsResponse response;
  if (request.mem_block_size()) response.set_mem_block_size_bytes(machine::memory_block_bytes(kSys));
  if (request.mem_hotplug_probe()) response.set_support_mem_hotplug_probe(machine::has_memory_probe(kSys));
  auto& details = *response.mutable_agent_details();
  details.set_version(KATA_VERSION);
  details.set_init_daemon(::getpid() == 1);
  details.set_supports_seccomp(true);
  for (const auto& name : storage_driver_names()) details.add_storage_handlers(name);
  details.add_extra_features("seccomp");
  response.set_agent_start_boottime_ns(start_times().start);
  response.set_agent_ready_boottime_ns(start_times().ready);
  response.set_boottime_ns(boot_time_ns());
  auto now = std::chrono::system_clock::now().time_since_epoch();
  response.set_realtime_ns(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  return response;
}

Result<Empty> AgentCalls::set_guest_date_time(const Context& /*context*/,
                                              const grpc::SetGuestDateTimeRequest& request) {
  std::chrono::nanoseconds by(request.move_ns());
  if (by.count() != 0) {
    TRY(request.gently() ? sys::slew_clock(by) : sys::step_clock(by));
  } else {
    std::chrono::microseconds now = std::chrono::seconds(request.sec()) + std::chrono::microseconds(request.usec());
    TRY(sys::set_clock(std::chrono::system_clock::time_point(now)));
  }
  return Empty();
}

Result<grpc::Metrics> AgentCalls::get_metrics(const Context& /*context*/, const grpc::GetMetricsRequest& /*request*/) {
  grpc::Metrics metrics;
  metrics.set_metrics(TRY(collect_metrics("/proc")));
  return metrics;
}

Result<Empty> AgentCalls::mem_hotplug_by_probe(const Context& /*context*/,
                                               const grpc::MemHotplugByProbeRequest& request) {
  TRY(machine::probe_memory(kSys, {request.memhotplugprobeaddr().begin(), request.memhotplugprobeaddr().end()}));
  return Empty();
}

}  // namespace kata::agent
