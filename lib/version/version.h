// Which kata-cpp this is, besides KATA_VERSION, the version of the project in CMakeLists.txt.
#pragma once

#include <string_view>

namespace kata {

// The commit that was built, with "-dirty" behind it when files differed from it; "unknown" when the sources were not
// in a git repository. Lives as long as the program.
std::string_view commit();

}  // namespace kata
