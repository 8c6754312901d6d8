// A table, or an import, more in a TOML text that a person wrote: every other byte stays where it is. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "runtime/config/toml_file.h"

namespace kata::cli::engines {

// A table with its values.
struct TomlTable {
  config::Path path;
  std::vector<std::pair<std::string, config::Value>> values;
};

std::string to_text(const TomlTable& table);  // from "[a.b]" to the end of its last line

// At the end of the text. One that is there, and one that the text's own way of writing leaves no room for (tables on
// one line), are errors; the result is proved to say what it said and the new table. `file` is for errors.
Result<std::string> with_table(std::string_view text, const std::string& file, const TomlTable& table);

// `pattern` as a further element of `imports` at the top, which is made below `version` when it is missing.
Result<std::string> with_import(std::string_view text, const std::string& file, const std::string& pattern);

// Whether the text says anything of this table.
bool has_table(const config::Document& document, const config::Path& path);
// Whether it says exactly this of it.
bool says(const config::Document& document, const TomlTable& table);
// Whether it says anything of the first table, or below it, that is in none of them.
bool says_more(const config::Document& document, const std::vector<TomlTable>& tables);

}  // namespace kata::cli::engines
