// Any text is either a configuration or an error; what was accepted can be printed.
#include <cstdint>

#include "runtime/config/apply.h"
#include "runtime/config/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto document = kata::config::parse_toml(text, "fuzz.toml");
  if (!document) return 0;
  kata::config::Config config;
  kata::config::set_defaults(config);
  if (!kata::config::apply(config, *document)) return 0;
  if (!kata::config::parse_toml(kata::config::effective_configuration(config), "written.toml")) __builtin_trap();
  return 0;
}
