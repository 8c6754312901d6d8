// What a filter answers to system calls that are newer than it.
//
// C libraries try a new call first and use an older one when they hear ENOSYS; any other answer is final to them. A
// profile that was written before a call existed forbids it, as everything that it does not name, so that new images
// would fail under old profiles. So a call with a number above all that the profile names does not exist for the
// workload.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "lib/proto/oci.pb.h"

namespace kata::agent {

// Instructions to put before the filter's own: they end with ENOSYS, or fall through. None when the profile lets
// through what it does not name, or answers ENOSYS itself. Each processor that the profile names has a highest call of
// its own; the one that this runs on is always among them.
std::vector<sock_filter> answer_newer_calls(const grpc::LinuxSeccomp& config);

}  // namespace kata::agent
