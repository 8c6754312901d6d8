// Whatever is accepted can be written, and what is written is accepted and means the same.
#include <cstdint>
#include <cstdlib>

#include "lib/oci/json.h"
#include "lib/proto/oci.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  kata::ignore(kata::oci::parse_process(text));
  kata::ignore(kata::oci::parse_resources(text));
  auto spec = kata::oci::parse_spec(text);
  if (!spec) return 0;
  auto written = kata::oci::to_json(*spec);
  auto again = kata::oci::parse_spec(written);
  if (!again || kata::oci::to_json(*again) != written) std::abort();
  return 0;
}
