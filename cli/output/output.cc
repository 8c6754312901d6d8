#include "cli/output/output.h"

#include <algorithm>

#include "lib/sys/fd.h"

namespace kata::cli {

Result<> print(std::string_view text) { return sys::write_all(1, text).wrap("printing"); }

std::string Table::text() const {
  std::vector<size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - row[i].size() + 2, ' ');
    }
    out.push_back('\n');
  }
  return out;
}

}  // namespace kata::cli
