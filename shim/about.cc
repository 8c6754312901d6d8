#include "lib/base/concat.h"
#include "lib/version/version.h"
#include "shim/actions.h"

namespace kata::shim {

namespace {

constexpr char kRuntimeName[] = "io.containerd.kata.v2";

// One length-delimited protobuf field.
std::string field(char number, const std::string& value) {
  std::string out;
  out.push_back(static_cast<char>((number << 3) | 2));
  out.push_back(static_cast<char>(value.size()));  // all of ours are shorter than 128 bytes
  return out + value;
}

}  // namespace

// containerd's api/types/introspection.proto: name = 1, version = 2 {version = 1, revision = 2}.
std::string runtime_info() {
  return field(1, kRuntimeName) + field(2, field(1, KATA_VERSION) + field(2, std::string(commit())));
}

std::string version_line() {
  return concat("Kata Containers containerd shim (C++): id: \"", kRuntimeName, "\", version: ", KATA_VERSION,
                ", commit: ", commit(), "\n");
}

}  // namespace kata::shim
