#include "lib/oci/json.h"

#include <set>

#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/oci/fields.h"

namespace kata::oci {

namespace {

// `name` is whose text it is, `label` what starts the path of a key in an error, `top` in a note.
template <typename Message>
Result<Message> parse(std::string_view json, std::string_view name, std::string label, std::string top,
                      Ignored* ignored) {
  auto value = TRY_WRAP(parse_text(json), name);
  if (value.as<Value::Object>() == nullptr) {
    return Error::make(Code::kInvalidArgument, concat(name, ": expected an object, found ", describe(value)));
  }
  Reading reading{std::move(label), std::nullopt, {}};
  auto walker = Walker::reader(value, std::move(top), reading);
  Message message;
  describe(walker, message);
  walker.note_unknown();
  if (reading.failure) return *reading.failure;
  if (ignored != nullptr) *ignored = std::move(reading.ignored);
  return message;
}

// What this process has warned of.
class Told {
 public:
  bool is_new(const std::string& note) EXCLUDES(mutex_) {
    constexpr size_t kMost = 1000;
    MutexLock lock(mutex_);
    return told_.size() < kMost && told_.insert(note).second;
  }

 private:
  Mutex mutex_;
  std::set<std::string> told_ GUARDED_BY(mutex_);
};

template <typename Message>
std::string write(Message message) {
  Value value;
  auto walker = Walker::writer(value);
  describe(walker, message);
  return to_text(value);
}

}  // namespace

Result<grpc::Spec> parse_spec(std::string_view json, Ignored* ignored) {
  return parse<grpc::Spec>(json, "config.json", "config.json: ", "", ignored);
}
Result<grpc::Process> parse_process(std::string_view json, Ignored* ignored) {
  return parse<grpc::Process>(json, "process", "", "process.", ignored);
}
Result<grpc::LinuxResources> parse_resources(std::string_view json, Ignored* ignored) {
  return parse<grpc::LinuxResources>(json, "resources", "", "resources.", ignored);
}

void warn_of(const Ignored& ignored) {
  static Told told;
  std::string names;
  for (const auto& one : ignored) {
    if (told.is_new(one)) names += (names.empty() ? "" : ", ") + one;
  }
  if (!names.empty()) log::warning("spec", "fields of the specification have no effect", {{"fields", names}});
}

std::string to_json(const grpc::Spec& spec) { return write(spec); }
std::string to_json(const grpc::Process& process) { return write(process); }
std::string to_json(const grpc::LinuxResources& resources) { return write(resources); }

}  // namespace kata::oci
