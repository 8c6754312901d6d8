// `kata-runtime factory init|status|destroy`: the templates that machines go on from instead of booting.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace kata::cli {

// `config`: --config; empty: the default search. All three need `enable_template` in the configuration.
Result<int> run_factory_init(const std::string& config);
Result<int> run_factory_status(const std::string& config);
Result<int> run_factory_destroy(const std::string& config);

}  // namespace kata::cli
