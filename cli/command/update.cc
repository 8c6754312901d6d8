#include "cli/command/update.h"

#include <charconv>

#include "cli/container/status.h"
#include "lib/base/concat.h"
#include "lib/oci/json.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::cli {

namespace {

// How far a suffix shifts, -1 when it is none.
int shift_of(std::string_view suffix) {
  if (suffix.empty() || suffix == "b" || suffix == "B") return 0;
  constexpr std::string_view kUnits = "kmgtp";
  auto unit = kUnits.find(static_cast<char>(suffix.front() | 0x20));
  auto rest = suffix.substr(1);
  if (unit == std::string_view::npos || !(rest.empty() || rest == "b" || rest == "B" || rest == "iB" || rest == "ib")) {
    return -1;
  }
  return 10 * static_cast<int>(unit + 1);
}

// Calls `set` with the value in bytes, when there is one. An empty text is none, as under runc.
template <typename F>
Result<> set_bytes(const std::optional<std::string>& text, const char* flag, F set) {
  if (text && !text->empty()) set(TRY_WRAP(parse_bytes(*text), flag));
  return {};
}

Result<> set_memory(grpc::LinuxResources& out, const UpdateOptions& options) {
  TRY(set_bytes(options.memory, "--memory", [&](int64_t v) { out.mutable_memory()->set_limit(v); }));
  TRY(set_bytes(options.memory_reservation, "--memory-reservation",
                [&](int64_t v) { out.mutable_memory()->set_reservation(v); }));
  TRY(set_bytes(options.memory_swap, "--memory-swap", [&](int64_t v) { out.mutable_memory()->set_swap(v); }));
  TRY(set_bytes(options.kernel_memory, "--kernel-memory", [&](int64_t v) { out.mutable_memory()->set_kernel(v); }));
  return set_bytes(options.kernel_memory_tcp, "--kernel-memory-tcp",
                   [&](int64_t v) { out.mutable_memory()->set_kerneltcp(v); });
}

void set_cpu(grpc::LinuxResources& out, const UpdateOptions& options) {
  if (options.cpu_period) out.mutable_cpu()->set_period(*options.cpu_period);
  if (options.cpu_quota) out.mutable_cpu()->set_quota(*options.cpu_quota);
  if (options.cpu_shares) out.mutable_cpu()->set_shares(*options.cpu_shares);
  if (options.cpu_rt_period) out.mutable_cpu()->set_realtimeperiod(*options.cpu_rt_period);
  if (options.cpu_rt_runtime) out.mutable_cpu()->set_realtimeruntime(*options.cpu_rt_runtime);
  if (options.cpuset_cpus) out.mutable_cpu()->set_cpus(*options.cpuset_cpus);
  if (options.cpuset_mems) out.mutable_cpu()->set_mems(*options.cpuset_mems);
}

Result<std::string> read_resources(const std::string& file) {
  if (file == "-") return TRY_WRAP(sys::read_to_end(0, sys::kSmallFile), "reading resources from stdin");
  return sys::read_file(file);
}

}  // namespace

Result<int64_t> parse_bytes(const std::string& text) {
  auto bad = [&](std::string_view why) {
    return Error::make(Code::kInvalidArgument, concat("invalid size \"", text, "\": ", why));
  };
  int64_t number = 0;
  auto [end, err] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (err == std::errc::result_out_of_range) return bad("it is too large");
  if (err != std::errc()) return bad("expected a number of bytes, or one with a suffix like M or G");
  int shift = shift_of({end, static_cast<size_t>(text.data() + text.size() - end)});
  if (shift < 0) return bad("unknown suffix");
  if (number == -1 && shift == 0) return number;
  if (number < 0) return bad("it is negative");
  if (number > (INT64_MAX >> shift)) return bad("it is too large");
  return number << shift;
}

Result<grpc::LinuxResources> resources_of(const UpdateOptions& options) {
  grpc::LinuxResources out;
  if (options.l3_cache_schema) {
    return Error::make(Code::kUnimplemented, "--l3-cache-schema: a virtual machine has no cache allocation (resctrl)");
  }
  TRY(set_memory(out, options));
  set_cpu(out, options);
  if (options.blkio_weight) out.mutable_blockio()->set_weight(*options.blkio_weight);
  if (options.pids_limit) out.mutable_pids()->set_limit(*options.pids_limit);
  return out;
}

Result<int> run_update(const Globals& globals, const UpdateOptions& options) {
  grpc::LinuxResources resources;
  if (options.resources_file.empty()) {
    resources = TRY(resources_of(options));
  } else {
    oci::Ignored ignored;
    resources = TRY(oci::parse_resources(TRY(read_resources(options.resources_file)), &ignored));
    oci::warn_of(ignored);
  }
  auto container = TRY(find_container(globals, options.id));
  if (container.state.status == Status::kStopped || container.shim == nullptr) {
    return Error::make(Code::kFailedPrecondition,
                       concat("cannot update container \"", options.id, "\": container not running"));
  }
  TRY(container.shim->update(oci::to_json(resources)));
  return 0;
}

}  // namespace kata::cli
