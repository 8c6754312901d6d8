// What the guest has, as lines of text.
#pragma once

#include <string>

namespace test_guest {

// "pci <address> <vendor>:<device>", "net <name> <MAC>", "queues <name> <count>" (of a network interface),
// "block <name> <bytes> <serial or -> <ro or rw>", "cpus <online>", "memory <KiB in all>".
std::string report();

// Brings processors and memory that were plugged in to use, as the agent does.
void set_online();

}  // namespace test_guest
