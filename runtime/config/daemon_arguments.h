// What an annotation may add to the arguments of virtio-fs' daemon, which runs as root on the host.
#pragma once

#include "runtime/config/value.h"

namespace kata::config {

// A closed list, in the form of either dialect: how the daemon caches and what it announces. Which directory it serves,
// its sandbox, its capabilities and how files' owners are mapped is the host administrator's, whatever
// enable_annotations allows.
Result<> only_harmless_daemon_arguments(const Value& arguments);

}  // namespace kata::config
