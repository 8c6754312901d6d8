#include "hypervisor/driver.h"

#include "lib/base/concat.h"

namespace kata::hypervisor {

Result<std::string> Driver::clone_key(const VmConfig& /*config*/) const {
  return Error::make(Code::kUnimplemented, concat("the hypervisor ", name(), " cannot save machines"));
}

}  // namespace kata::hypervisor
