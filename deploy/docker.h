// `kata-deploy-docker install|remove` of the field's old image: a container with the host's /opt/kata and /etc/docker
// mounted, and its D-Bus, makes the host's Docker know the runtime: what `kata-runtime install docker` does.
#pragma once

#include "deploy/options.h"
#include "deploy/settings/settings.h"
#include "lib/base/result.h"

namespace kata::deploy {

Result<> act_for_docker(const Options& options, const Settings& settings);

}  // namespace kata::deploy
