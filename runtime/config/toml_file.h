// A TOML file as a flat list: every value with its path, file and line. The one user of toml++.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "runtime/config/value.h"

namespace kata::config {

using Path = std::vector<std::string>;  // {"hypervisor", "NAME", "kernel"}

struct Place {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
};
std::string to_text(const Place& place);  // "file:line:column"

struct Setting {
  Value value;
  std::string_view found;  // for errors: "a string", "a table", …
  Place place;
};

struct Document {
  std::map<Path, Setting> values;
  std::map<Path, Place> tables;  // also empty ones
};

// A syntax error names file, line and column.
Result<Document> parse_toml(std::string_view text, const std::string& file);
Result<Document> read_toml(const std::string& file);

// Values of `over` replace those of `base`; tables merge.
void merge(Document& base, Document over);

}  // namespace kata::config
