// SHA-256 (FIPS 180-4), for the shim's socket name only: containerd's clients derive it the same way.
#pragma once

#include <string>
#include <string_view>

namespace kata::shim {

std::string sha256_hex(std::string_view data);  // 64 digits, lower case

}  // namespace kata::shim
