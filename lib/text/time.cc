#include "lib/text/time.h"

#include <array>
#include <cstdio>

namespace kata {

std::string rfc3339(std::chrono::system_clock::time_point when, Precision precision) {
  using namespace std::chrono;
  auto day = floor<days>(when);
  year_month_day date{day};
  hh_mm_ss time{floor<nanoseconds>(when - day)};
  std::array<char, 64> text{};
  auto length =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%09d", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                    static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  // Without digits the point goes too.
  length -= precision == Precision::kSeconds ? 10 : 9 - 3 * static_cast<int>(precision);
  return std::string(text.data(), static_cast<size_t>(length)) + "Z";
}

}  // namespace kata
