#include "hypervisor/registry/registry.h"

#include <algorithm>

#include "hypervisor/qemu/driver.h"
#include "lib/base/mutex.h"

namespace kata::hypervisor {

namespace {

// A list, because a linker takes nothing of a static library that nobody names. A new VMM is one line here.
constexpr const Driver* kBuiltIn[] = {&kQemuDriver};

struct Added {
  Mutex mutex;
  std::vector<const Driver*> drivers GUARDED_BY(mutex);
};

Added& added() {
  static Added out;
  return out;
}

}  // namespace

std::vector<const Driver*> drivers() {
  std::vector<const Driver*> out(std::begin(kBuiltIn), std::end(kBuiltIn));
  auto& more = added();
  MutexLock lock(more.mutex);
  out.insert(out.end(), more.drivers.begin(), more.drivers.end());
  return out;
}

const Driver& default_driver() { return *kBuiltIn[0]; }

const Driver* find_driver(std::string_view name) {
  for (const auto* driver : drivers()) {
    if (driver->name() == name) return driver;
  }
  return nullptr;
}

Registered::Registered(const Driver& driver) : driver_(driver) {
  auto& more = added();
  MutexLock lock(more.mutex);
  more.drivers.push_back(&driver);
}

Registered::~Registered() {
  auto& more = added();
  MutexLock lock(more.mutex);
  auto found = std::find(more.drivers.begin(), more.drivers.end(), &driver_);
  if (found != more.drivers.end()) more.drivers.erase(found);
}

}  // namespace kata::hypervisor
