// The drivers that this program has. Thread-safe.
#pragma once

#include <string_view>
#include <vector>

#include "hypervisor/driver.h"

namespace kata::hypervisor {

// The built-in ones first, in the order of preference: the first is the default.
std::vector<const Driver*> drivers();

const Driver& default_driver();

// The driver of the table [hypervisor.NAME]; null when there is none of this name.
const Driver* find_driver(std::string_view name);

// One more driver, for as long as this object lives: how a test adds its own. It comes after the built-in ones.
class Registered {
 public:
  explicit Registered(const Driver& driver);
  ~Registered();
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;

 private:
  const Driver& driver_;
};

}  // namespace kata::hypervisor
