// The loopback interface of a new network namespace.
#pragma once

#include "lib/base/result.h"

namespace kata::agent {

Result<> bring_up_loopback();

}  // namespace kata::agent
