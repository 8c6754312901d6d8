// For the tables of keys: which member of Config a key fills.
#pragma once

#include "runtime/config/schema.h"

#define TO(member) [](Config& config) -> Target { return &config.member; }

// A member that is an enumeration over unsigned char.
#define CHOICE(member, choices) \
  [](Config& config) -> Target { return Chosen{reinterpret_cast<unsigned char*>(&config.member), choices}; }

namespace kata::config {

template <typename Enum>
constexpr Choice choice(std::string_view word, Enum value) {
  static_assert(sizeof(Enum) == 1);
  return {word, static_cast<unsigned char>(value)};
}

}  // namespace kata::config
