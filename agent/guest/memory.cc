#include "agent/guest/memory.h"

#include "lib/sys/file.h"

namespace kata::agent {

Result<> keep_page_lists_short() {
  // https://docs.kernel.org/admin-guide/sysctl/vm.html#percpu-pagelist-high-fraction
  return sys::write_control("/proc/sys/vm/percpu_pagelist_high_fraction", "1000");
}

}  // namespace kata::agent
