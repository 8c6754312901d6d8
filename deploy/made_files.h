// The drop-ins of the runtime's configuration that the settings ask for, beside the configuration files of the copy.
#pragma once

#include <string>
#include <vector>

#include "deploy/node/payload.h"
#include "deploy/settings/settings.h"
#include "lib/base/result.h"

namespace kata::deploy {

Result<std::vector<MadeFile>> made_files(const Settings& settings, const Payload& payload,
                                         const std::vector<std::string>& shims);

}  // namespace kata::deploy
