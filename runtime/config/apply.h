// Puts a document's values into a Config, by the schema.
#pragma once

#include "lib/base/result.h"
#include "runtime/config/config.h"
#include "runtime/config/schema.h"
#include "runtime/config/toml_file.h"

namespace kata::config {

// Unknown and unused keys become warnings; a wrong type or value is an error with file:line:column.
Result<> apply(Config& config, const Schema& schema, const Document& document);

// The driver of the one [hypervisor.X] table; the default one when there is no such table.
Result<const hypervisor::Driver*> choose_driver(const Document& document);

}  // namespace kata::config
