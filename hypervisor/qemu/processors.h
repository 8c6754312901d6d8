// The guest's processors, more and fewer while it runs. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/qemu/qmp.h"
#include "lib/base/result.h"

namespace kata::hypervisor {

// An entry of QEMU's query-hotpluggable-cpus.
struct ProcessorPlace {
  std::string type;
  std::string properties;  // where it is, a JSON object
  unsigned socket = 0;
  std::string path;  // QEMU's object; empty: nothing there
};
// From the lowest socket to the highest. Errors: no JSON, or not of that form.
Result<std::vector<ProcessorPlace>> parse_processor_places(std::string_view answer);

// The threads in QEMU's query-cpus-fast, each once.
Result<std::vector<pid_t>> parse_processor_threads(std::string_view answer);

// Which of the process' threads have these numbers in its own namespace of processes: pid_namespaces(7). Others, which
// a process that lies could name, are left out.
Result<std::vector<pid_t>> host_threads(pid_t process, const std::vector<pid_t>& numbers);

class Processors {
 public:
  struct Settings {
    std::chrono::milliseconds command_timeout;
    std::chrono::milliseconds unplug_timeout;
  };
  Processors(Qmp& qmp, Settings settings) : qmp_(qmp), settings_(settings) {}

  // Plugs or unplugs until there are `wanted`. Those that the machine started with stay: all of them in an emulated one
  // (machine_shape.h). Returns how many there are;
  // more than wanted when one could not be unplugged: the guest can still set it offline, and then it costs nothing.
  // A plugged one is used once the guest set it online.
  Result<uint32_t> resize(uint32_t wanted);

  // As QEMU numbers them, which is in a namespace of its own: host_threads().
  Result<std::vector<pid_t>> threads();

 private:
  Result<> plug(const ProcessorPlace& place);

  Qmp& qmp_;
  const Settings settings_;
};

}  // namespace kata::hypervisor
