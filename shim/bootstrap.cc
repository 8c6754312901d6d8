#include "shim/bootstrap.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "lib/base/concat.h"

namespace kata::shim {

namespace {
constexpr int kOldest = 2;
constexpr int kNewest = 3;
}  // namespace

int task_api_version(const char* environment) {
  int version = kOldest;
  if (environment != nullptr) std::from_chars(environment, environment + std::strlen(environment), version);
  return std::clamp(version, kOldest, kNewest);
}

std::string start_answer(const std::string& address, int version) {
  if (version <= kOldest) return address;
  // The address is a path of our own making: nothing in it needs escaping.
  return concat(R"({"version":)", version, R"(,"address":")", address, R"(","protocol":"ttrpc"})");
}

}  // namespace kata::shim
