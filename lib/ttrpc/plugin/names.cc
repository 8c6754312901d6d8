#include "lib/ttrpc/plugin/names.h"

#include <cctype>
#include <set>

namespace kata::ttrpc {

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string snake_case(const std::string& name) {
  auto upper = [&](size_t at) { return at < name.size() && std::isupper(static_cast<unsigned char>(name[at])) != 0; };
  auto lower = [&](size_t at) { return at < name.size() && std::islower(static_cast<unsigned char>(name[at])) != 0; };
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    bool starts_word = upper(i) && i > 0 && (!upper(i - 1) || lower(i + 1));
    if (starts_word && out.back() != '_') out += '_';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  return out;
}

std::string method_name(const google::protobuf::MethodDescriptor& method) {
  static const std::set<std::string> kKeywords = {"delete", "new",    "default", "export", "import", "register",
                                                  "switch", "return", "try",     "catch",  "union",  "continue"};
  auto name = snake_case(method.name());
  return kKeywords.contains(name) ? name + "_" : name;
}

std::string type_name(const google::protobuf::Descriptor& message) {
  return "::" + replace_all(message.full_name(), ".", "::");
}

std::string base_name(const google::protobuf::ServiceDescriptor& service) {
  static const std::string kSuffix = "Service";
  const auto& name = service.name();
  return name.ends_with(kSuffix) && name != kSuffix ? name.substr(0, name.size() - kSuffix.size()) : name;
}

std::string file_stem(const google::protobuf::FileDescriptor& file) {
  return file.name().substr(0, file.name().rfind('.'));
}

}  // namespace kata::ttrpc
