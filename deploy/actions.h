// What kata-deploy does on a node, from its beginning to its end.
#pragma once

#include "deploy/announcement.h"
#include "deploy/options.h"
#include "deploy/settings/settings.h"
#include "lib/base/result.h"

namespace kata::deploy {

// The action of the command line, once. This process is one of the node's afterwards.
Result<> act(const Options& options, const Settings& settings, Announcement& announcement);

}  // namespace kata::deploy
