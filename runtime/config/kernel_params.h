// Kernel command lines.
#pragma once

#include <string>
#include <string_view>

namespace kata::config {

// `base` followed by `more`; a parameter of `base` whose name is in `more` goes away. Quoted values
// ("a b") stay whole.
std::string merge_kernel_params(std::string_view base, std::string_view more);

}  // namespace kata::config
