#include "shim/companion.h"

#include "lib/base/concat.h"
#include "lib/oci/pod.h"
#include "lib/oci/value.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/file.h"

namespace kata::shim {

namespace {

// Of a pod's state.json. What cannot be read has none.
std::optional<int64_t> vmm_of(const std::string& directory) {
  auto text = sys::read_regular_file(directory + "/state.json");
  if (!text) return {};
  auto state = oci::parse_text(*text);
  const auto* pid = state ? state->find("vmPid") : nullptr;
  if (pid == nullptr) return {};
  if (const auto* number = pid->as<int64_t>()) return *number;
  if (const auto* number = pid->as<uint64_t>()) return static_cast<int64_t>(*number);
  return {};
}

}  // namespace

std::optional<std::string> owner_of_network(const std::string& run_directory, const std::string& id,
                                            const grpc::Spec& spec) {
  auto path = oci::network_path(spec);
  if (path.empty()) return {};
  auto network = sys::stat(path);
  auto hosts = sys::stat("/proc/self/ns/net");
  // Whoever needs the namespace says what is wrong with it.
  if (!network || !hosts || sys::is_same_file(*network, *hosts)) return {};
  auto sandboxes = sys::list_directory(run_directory);
  if (!sandboxes) return {};
  for (const auto& sandbox : *sandboxes) {
    auto vmm = sandbox == id ? std::nullopt : vmm_of(concat(run_directory, "/", sandbox));
    if (!vmm) continue;
    auto own = sys::stat(concat("/proc/", *vmm, "/ns/net"));
    if (own && sys::is_same_file(*own, *network)) return sandbox;
  }
  return {};
}

}  // namespace kata::shim
