#include "lib/base/concat.h"
#include "lib/oci/features.h"
#include "lib/version/version.h"
#include "shim/actions.h"

namespace kata::shim {

namespace {

constexpr char kRuntimeName[] = "io.containerd.kata.v2";

// As containerd marks what it takes for the specification's Features, as JSON.
constexpr char kFeaturesType[] = "types.containerd.io/opencontainers/runtime-spec/1/features/Features";

// One length-delimited protobuf field.
std::string field(char number, const std::string& value) {
  constexpr unsigned kMore = 0x80;
  std::string out;
  out.push_back(static_cast<char>((number << 3) | 2));
  auto size = value.size();
  for (; size >= kMore; size >>= 7U) out.push_back(static_cast<char>((size & (kMore - 1)) | kMore));
  out.push_back(static_cast<char>(size));
  return out + value;
}

}  // namespace

// containerd's api/types/introspection.proto: name = 1, version = 2 {version = 1, revision = 2}, features = 4, which is
// an Any {type_url = 1, value = 2}.
std::string runtime_info() {
  return field(1, kRuntimeName) + field(2, field(1, KATA_VERSION) + field(2, std::string(commit()))) +
         field(4, field(1, kFeaturesType) + field(2, oci::features_json(KATA_VERSION)));
}

std::string features() { return oci::features_json(KATA_VERSION) + "\n"; }

std::string version_line() {
  return concat("Kata Containers containerd shim (C++): id: \"", kRuntimeName, "\", version: ", KATA_VERSION,
                ", commit: ", commit(), "\n");
}

}  // namespace kata::shim
