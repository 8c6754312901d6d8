// What a program that is not trusted hears of our environment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kata::hypervisor {

// How it finds its libraries and other programs, and what begins with `own`, when that is not empty. Tokens, proxies
// and whatever else an engine has there stay here.
std::vector<std::string> small_environment(std::string_view own = {});

}  // namespace kata::hypervisor
