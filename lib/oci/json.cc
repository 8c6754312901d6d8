#include "lib/oci/json.h"

#include "lib/oci/fields.h"

namespace kata::oci {

namespace {

// `name` is whose text it is, `label` what starts the path of a key.
template <typename Message>
Result<Message> parse(std::string_view json, std::string_view name, std::string label) {
  auto value = TRY_WRAP(parse_text(json), name);
  if (value.as<Value::Object>() == nullptr) {
    return Error::make(Code::kInvalidArgument, concat(name, ": expected an object, found ", describe(value)));
  }
  std::optional<Error> failure;
  auto walker = Walker::reader(value, std::move(label), failure);
  Message message;
  describe(walker, message);
  if (failure) return *failure;
  return message;
}

template <typename Message>
std::string write(Message message) {
  Value value;
  auto walker = Walker::writer(value);
  describe(walker, message);
  return to_text(value);
}

}  // namespace

Result<grpc::Spec> parse_spec(std::string_view json) { return parse<grpc::Spec>(json, "config.json", "config.json: "); }
Result<grpc::Process> parse_process(std::string_view json) { return parse<grpc::Process>(json, "process", "process."); }
Result<grpc::LinuxResources> parse_resources(std::string_view json) {
  return parse<grpc::LinuxResources>(json, "resources", "resources.");
}

std::string to_json(const grpc::Spec& spec) { return write(spec); }
std::string to_json(const grpc::Process& process) { return write(process); }
std::string to_json(const grpc::LinuxResources& resources) { return write(resources); }

}  // namespace kata::oci
