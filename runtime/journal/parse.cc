#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "runtime/journal/journal.h"
#include "runtime/journal/payload.h"

namespace kata::journal {

namespace {

constexpr size_t kMostOfBadLine = 200;  // bytes; enough for a person to find it

bool strike(Contents& contents, uint64_t number) {
  return std::erase_if(contents.entries, [number](const Entry& one) { return one.number == number; }) > 0;
}

bool parse_addition(std::string_view line, Kinds kinds, const Roots& roots, Contents& contents) {
  auto number = parse_number<uint64_t>(take(line, ' '));
  auto name = take(line, ' ');
  auto kind = std::find_if(kinds.begin(), kinds.end(), [name](const Kind* one) { return one->name == name; });
  if (!number || *number < contents.next_number || *number == UINT64_MAX) return false;
  if (kind == kinds.end() || !(*kind)->is_valid(line, roots)) return false;
  contents.next_number = *number + 1;
  contents.entries.push_back({*number, *kind, std::string(line)});
  return true;
}

bool parse_line(std::string_view line, Kinds kinds, const Roots& roots, Contents& contents) {
  if (line.empty()) return true;
  auto sign = take(line, ' ');
  if (sign == "+") return parse_addition(line, kinds, roots, contents);
  auto number = parse_number<uint64_t>(line);
  return sign == "-" && number && strike(contents, *number);
}

void add_bad_line(std::string_view line, Contents& contents) {
  if (contents.bad_lines++ == 0) contents.first_bad_line = line.substr(0, kMostOfBadLine);
}

}  // namespace

std::string to_line(const Entry& entry) {
  return concat("+ ", entry.number, " ", entry.kind->name, " ", entry.payload, "\n");
}

Contents parse(std::string_view text, Kinds kinds, const Roots& roots) {
  Contents contents;
  while (!text.empty()) {
    auto end = text.find('\n');
    if (end == std::string_view::npos) {  // cut off while it was written: the resource was not made
      add_bad_line(text, contents);
      break;
    }
    auto line = text.substr(0, end);
    if (!parse_line(line, kinds, roots, contents)) add_bad_line(line, contents);
    text.remove_prefix(end + 1);
  }
  return contents;
}

}  // namespace kata::journal
