// A root file system that the guest's image carries: nothing of the host is behind it.
#include <algorithm>
#include <cctype>

#include "lib/base/concat.h"
#include "runtime/storage/container_storage.h"
#include "runtime/storage/kinds.h"

namespace kata::storage {

namespace {

// In the guest: guest/ builds them into the image.
constexpr char kBase[] = "/usr/share/kata-containers";

class EmbeddedRootfs : public Resource {
 public:
  explicit EmbeddedRootfs(const std::string& name) : path_(concat(kBase, "/", name)) {}
  void describe(grpc::CreateContainerRequest& request) override {
    request.mutable_oci()->mutable_root()->set_path(path_);
  }

 private:
  std::string path_;
};

}  // namespace

Planned plan_embedded_rootfs(Planning& planning) {
  auto annotation = planning.spec.annotations().find(kEmbeddedRootfs);
  if (annotation == planning.spec.annotations().end()) return nullptr;
  const auto& name = annotation->second;
  bool sound = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-';
  });
  if (sound) return std::make_unique<EmbeddedRootfs>(name);
  return Error::make(Code::kInvalidArgument, concat("annotation ", kEmbeddedRootfs, ": \"", name, "\" is no name"))
      .hint("use \"busybox\", which the guest image carries");
}

}  // namespace kata::storage
