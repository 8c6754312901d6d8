// Whatever the bytes are, their quoted form is JSON, on one line, and valid text comes back as it was.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "lib/base/utf8.h"
#include "lib/text/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  auto quoted = kata::json_string(text);
  for (char c : quoted) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) std::abort();
  }
  auto parsed = nlohmann::json::parse(quoted, nullptr, false);
  if (!parsed.is_string()) std::abort();
  bool valid = true;
  for (std::string_view rest = text; valid && !rest.empty();) {
    auto length = kata::utf8_length(rest);
    valid = length > 0;
    rest.remove_prefix(length);
  }
  if (valid && parsed.get<std::string>() != text) std::abort();
  kata::JsonWriter json(false);
  json.begin_object().field(text, text).end_object();
  if (!nlohmann::json::accept(json.text())) std::abort();
  return 0;
}
