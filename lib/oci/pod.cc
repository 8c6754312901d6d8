#include "lib/oci/pod.h"

#include <algorithm>
#include <charconv>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/value.h"
#include "lib/proto/oci.pb.h"

namespace kata::oci {

namespace {

struct Manager {
  const char* type;     // what the container is
  const char* sandbox;  // the value of `type` for the sandbox itself
  const char* id;       // the sandbox that a container joins
  bool oom_file;
  // The announced resources as numbers; nullptr: the manager has no such annotation.
  const char* cpu_quota;
  const char* cpu_period;
  const char* memory;
  // The announced resources as JSON, CRI's LinuxContainerResources, under the newer and the older key.
  const char* resources;
  const char* old_resources;
};

constexpr Manager kManagers[] = {
    // containerd's CRI plug-in
    {"io.kubernetes.cri.container-type", "sandbox", "io.kubernetes.cri.sandbox-id", false,
     "io.kubernetes.cri.sandbox-cpu-quota", "io.kubernetes.cri.sandbox-cpu-period", "io.kubernetes.cri.sandbox-memory",
     nullptr, nullptr},
    // CRI-O
    {"io.kubernetes.cri-o.ContainerType", "sandbox", "io.kubernetes.cri-o.SandboxID", true, nullptr, nullptr, nullptr,
     "pod-linux-resources.crio.io", "io.kubernetes.cri-o.PodLinuxResources"},
    // cri-dockerd
    {"io.kubernetes.docker.type", "podsandbox", "io.kubernetes.sandbox.id", false, nullptr, nullptr, nullptr, nullptr,
     nullptr},
};

// Podman speaks CRI-O's words. A pod of its without an infra container shares nothing; its containers name the pod's
// id, which is no container's. CRI-O makes no infra container (drop_infra_ctr) for a runtime by its path that is not
// called kata; its containers have the pod's namespaces in common.
constexpr char kEngine[] = "io.container.manager";
constexpr char kPodman[] = "libpod";
constexpr char kCrio[] = "cri-o";

const std::string* find(const Annotations& annotations, const char* key) {
  if (key == nullptr) return nullptr;
  auto found = annotations.find(key);
  return found == annotations.end() ? nullptr : &found->second;
}

const Manager* manager_of(const Annotations& annotations) {
  const auto* found = std::find_if(std::begin(kManagers), std::end(kManagers),
                                   [&](const Manager& one) { return find(annotations, one.type) != nullptr; });
  return found == std::end(kManagers) ? nullptr : found;
}

int64_t number(const Annotations& annotations, const char* key) {
  const auto* text = find(annotations, key);
  if (text == nullptr) return 0;
  int64_t out = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
  if (error == std::errc{} && end == text->data() + text->size()) return out;
  log::warning("pod", "an annotation is no number", {{"annotation", key}, {"value", text->substr(0, 40)}});
  return 0;
}

int64_t number(const Value& object, const char* key) {
  const auto* value = object.find(key);
  if (value == nullptr) return 0;
  if (const auto* number = value->as<int64_t>()) return *number;
  const auto* big = value->as<uint64_t>();
  return big != nullptr && *big <= INT64_MAX ? static_cast<int64_t>(*big) : 0;
}

uint64_t positive(int64_t number) { return static_cast<uint64_t>(std::max<int64_t>(0, number)); }

AnnouncedResources from_json(const char* key, const std::string& text) {
  auto parsed = parse_text(text);
  if (!parsed) {
    log::warning("pod", "an annotation is no JSON", {{"annotation", key}, {"error", parsed.error().message()}});
    return {};
  }
  return {number(*parsed, "cpu_quota"), positive(number(*parsed, "cpu_period")),
          number(*parsed, "memory_limit_in_bytes")};
}

}  // namespace

Annotations annotations_of(const grpc::Spec& spec) { return {spec.annotations().begin(), spec.annotations().end()}; }

Result<Membership> membership(const std::string& id, const Annotations& annotations) {
  const auto* manager = manager_of(annotations);
  if (manager == nullptr) return Membership{id, false};
  const auto& type = *find(annotations, manager->type);
  if (type == manager->sandbox) return Membership{id, false};
  const auto* sandbox = find(annotations, manager->id);
  const auto* engine = find(annotations, kEngine);
  bool may_be_alone = engine != nullptr && (*engine == kPodman || *engine == kCrio);
  if (sandbox != nullptr && !sandbox->empty()) return Membership{*sandbox, true, may_be_alone};
  return Error::make(Code::kInvalidArgument,
                     concat("annotation ", manager->type, " is \"", type, "\", but ", manager->id, " is missing"));
}

bool is_pod(const Annotations& annotations) { return manager_of(annotations) != nullptr; }

bool wants_oom_file(const Annotations& annotations) {
  const auto* manager = manager_of(annotations);
  return manager != nullptr && manager->oom_file;
}

// The keys are looked for without the manager's type, because tools set them by hand too.
AnnouncedResources announced_resources(const Annotations& annotations) {
  for (const auto& manager : kManagers) {
    for (const auto* key : {manager.resources, manager.old_resources}) {
      if (const auto* text = find(annotations, key)) return from_json(key, *text);
    }
  }
  AnnouncedResources out;
  for (const auto& manager : kManagers) {
    if (out.cpu_quota == 0) out.cpu_quota = number(annotations, manager.cpu_quota);
    if (out.cpu_period == 0) out.cpu_period = positive(number(annotations, manager.cpu_period));
    if (out.memory == 0) out.memory = number(annotations, manager.memory);
  }
  return out;
}

std::string network_path(const grpc::Spec& spec) {
  for (const auto& one : spec.linux().namespaces()) {
    if (one.type() == "network") return one.path();
  }
  return {};
}

}  // namespace kata::oci
