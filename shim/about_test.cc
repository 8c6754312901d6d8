#include <gtest/gtest.h>

#include <string>

#include "lib/oci/features.h"
#include "shim/actions.h"

namespace kata::shim {
namespace {

// The fields of one protobuf message, of which all are length-delimited.
std::string field_of(const std::string& message, unsigned wanted) {
  for (size_t at = 0; at < message.size();) {
    auto tag = static_cast<unsigned char>(message[at++]);
    size_t size = 0;
    for (unsigned shift = 0;; shift += 7) {
      auto byte = static_cast<unsigned char>(message.at(at++));
      size |= static_cast<size_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) break;
    }
    if (tag >> 3U == wanted) return message.substr(at, size);
    at += size;
  }
  return {};
}

TEST(RuntimeInfoTest, TellsContainerdWhatTheCommandTells) {
  auto info = runtime_info();
  EXPECT_EQ(field_of(info, 1), "io.containerd.kata.v2");
  EXPECT_EQ(field_of(field_of(info, 2), 1), KATA_VERSION);
  auto features = field_of(info, 4);
  EXPECT_EQ(field_of(features, 1), "types.containerd.io/opencontainers/runtime-spec/1/features/Features");
  EXPECT_EQ(field_of(features, 2), oci::features_json(KATA_VERSION));
}

}  // namespace
}  // namespace kata::shim
