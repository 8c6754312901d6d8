// SHA-256 (FIPS 180-4), for names that others derive in the same way, or that stand for a long text.
#pragma once

#include <string>
#include <string_view>

namespace kata {

std::string sha256_hex(std::string_view data);  // 64 digits, lower case

}  // namespace kata
