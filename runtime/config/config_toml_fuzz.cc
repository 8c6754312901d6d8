// Any text is either a configuration or an error; what was accepted can be printed.
#include <cstdint>

#include "runtime/config/apply.h"
#include "runtime/config/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto document = kata::config::parse_toml(text, "fuzz.toml");
  if (!document) return 0;
  auto driver = kata::config::choose_driver(*document);
  if (!driver) return 0;
  kata::config::Schema schema(**driver);
  auto config = schema.defaults();
  if (!kata::config::apply(config, schema, *document)) return 0;
  if (!kata::config::parse_toml(kata::config::effective_configuration(config), "written.toml")) __builtin_trap();
  return 0;
}
