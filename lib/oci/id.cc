#include "lib/oci/id.h"

#include "lib/base/concat.h"

namespace kata::oci {

namespace {

bool allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
         c == '.' || c == '-';
}

}  // namespace

Result<> check_id(std::string_view kind, std::string_view id) {
  auto refuse = [&](std::string_view why) {
    constexpr size_t kShown = 80;
    auto shown = id.size() > kShown ? concat(id.substr(0, kShown), "…") : std::string(id);
    return Error::make(Code::kInvalidArgument, concat("invalid ", kind, " id \"", shown, "\": ", why));
  };
  if (id.empty()) return refuse("it is empty");
  if (id.size() > kMaxId) return refuse(concat("it has ", id.size(), " characters, at most ", kMaxId, " are allowed"));
  if (id.front() == '.') return refuse("it starts with a dot");
  for (char c : id) {
    if (!allowed(c)) return refuse("only letters, digits and _ + . - are allowed");
  }
  return {};
}

}  // namespace kata::oci
