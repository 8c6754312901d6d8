#include "runtime/storage/container_storage.h"

#include <filesystem>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/mounts.h"
#include "runtime/storage/kinds.h"

namespace kata::storage {

namespace {

// What is mounted inside /proc could lie to who reads it (CVE-2019-16884). The agent looks again, after links.
Result<> check_destination(const grpc::Mount& mount) {
  if (mount.type() == "proc") return {};
  auto place = std::filesystem::path(mount.destination()).lexically_normal().string();
  while (place.size() > 1 && place.back() == '/') place.pop_back();
  return oci::check_place_in_proc(place);
}

// The first kind that takes it.
template <typename Kinds, typename... Asked>
Planned plan_one(const Kinds& kinds, Asked&... asked) {
  for (auto kind : kinds) {
    if (auto resource = TRY(kind(asked...))) return resource;
  }
  return nullptr;
}

Error cannot_map(const PlannedMount& mount) {
  return Error::make(
             Code::kUnimplemented,
             concat("the mount on ", mount.mount().destination(), " of ", mount.source(),
                    " is to be id-mapped, which is possible only with files that the guest shares with the host"))
      .hint("remove idmap, ridmap and the mappings of this mount, or set shared_fs = \"auto\" where it is \"none\"");
}

void warn_about_left_out(const Planning& planning) {
  if (planning.left_out.empty()) return;
  std::string list;
  for (const auto& source : planning.left_out) list += " " + source;
  log::warning("storage", "host devices cannot be mounted into a virtual machine; left out", {{"sources", list}});
}

void warn_about_propagation(const grpc::Spec& spec) {
  std::string list;
  for (const auto& one : spec.mounts()) {
    PlannedMount mount(one, "");
    if (mount.is_bind() && (mount.has_option("rshared") || mount.has_option("shared"))) list += " " + one.source();
  }
  if (list.empty()) return;
  log::warning("storage", "what the container mounts below these stays in its virtual machine", {{"sources", list}});
}

}  // namespace

Result<ContainerStorage> ContainerStorage::plan(const std::string& container, const std::string& bundle,
                                                const grpc::Spec& spec, const std::vector<Mount>& rootfs_mounts,
                                                const PlanSettings& settings) {
  Planning planning{container, bundle, spec, rootfs_mounts, settings};
  ContainerStorage out;
  auto add = [&](std::unique_ptr<Resource> resource) {
    if (resource) out.resources_.push_back(std::move(resource));
  };
  auto rootfs = TRY(plan_one(rootfs_kinds(), planning));
  out.places_.push_back({{}, {}, rootfs.get()});
  add(std::move(rootfs));
  for (const auto& one : spec.mounts()) {
    TRY(check_destination(one));
    PlannedMount mount(one, bundle, TRY(oci::id_map_of(one, spec.linux())));
    auto resource = TRY(plan_one(mount_kinds(), planning, mount));
    if (mount.leaves_id_map()) return cannot_map(mount);
    out.places_.push_back({one.destination(), one.type(), resource.get()});
    add(std::move(resource));
  }
  for (const auto& device : spec.linux().devices()) add(TRY(plan_one(device_kinds(), planning, device)));
  warn_about_left_out(planning);
  warn_about_propagation(spec);
  return out;
}

Needs ContainerStorage::needs() const {
  Needs needs;
  for (const auto& resource : resources_) resource->add_needs(needs);
  return needs;
}

Result<> ContainerStorage::attach(const HostSide& host) {
  for (const auto& resource : resources_) {
    auto attached = resource->attach(host);
    if (attached) continue;
    detach(host, nullptr);
    return attached;
  }
  return {};
}

Result<HostView> ContainerStorage::host_view(const HostSide& host) const {
  HostView view;
  for (const auto& [destination, type, resource] : places_) {
    HostPart part{.kind = HostPart::Kind::kNothing};
    if (resource != nullptr) part = TRY(resource->host_part(host));
    if (type == "proc") part.kind = HostPart::Kind::kProcesses;
    if (destination.empty()) {
      view.root = std::move(part);
    } else {
      view.mounts.push_back({destination, std::move(part)});
    }
  }
  return view;
}

Result<> ContainerStorage::plug_in(Disks& disks, SendFile send) {
  auto copies = std::make_unique<GuestCopies>(std::move(send));
  for (const auto& resource : resources_) TRY(resource->plug_in({disks, *copies}));
  if (!copies->follows_any()) return {};
  TRY(copies->follow());
  copies_ = std::move(copies);
  return {};
}

void ContainerStorage::describe(grpc::CreateContainerRequest& request) {
  places_.clear();
  request.mutable_oci()->clear_mounts();
  for (const auto& resource : resources_) resource->describe(request);
  // The others have done all that they can.
  std::erase_if(resources_, [](const auto& resource) { return !resource->is_attached(); });
}

void ContainerStorage::seal(const HostSide& host) {
  for (const auto& resource : resources_) {
    auto sealed = resource->seal(host);
    if (!sealed) log::warning("storage", "the guest could write to it", {{"error", sealed.error().text()}});
  }
}

void ContainerStorage::detach(const HostSide& host, Disks* disks) {
  stop_following();
  for (auto resource = resources_.rbegin(); resource != resources_.rend(); ++resource) {
    (*resource)->detach(host, disks);
  }
}

}  // namespace kata::storage
