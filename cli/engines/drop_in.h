// Podman and CRI-O read every file of a directory of drop-ins: we have one of our own there.
#pragma once

#include "cli/engines/engine.h"
#include "cli/engines/toml_text.h"

namespace kata::cli::engines {

// The command that made a drop-in for this engine.
std::string maker_of(const Wish& wish, std::string_view engine);

Result<Edit> own_drop_in(const std::string& path, std::string_view maker, const std::string& body);

// The first runtime of the files' table whose value, at `key` below it (or itself, where `key` is empty), has "kata" in
// it. A name without a slash at the end is a file, one with it a directory whose files ending with `ending` are read.
Result<Look> look_in(const std::vector<std::string>& places, std::string_view ending, const config::Path& table,
                     const std::string& key);

}  // namespace kata::cli::engines
