// Docker has one file, daemon.json, and no drop-ins. Shims can be registered from version 23 on; before, the path of a
// program with runc's command line.
#include "cli/engines/engine.h"
#include "cli/engines/json_text.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/sys/file.h"
#include "lib/sys/root_path.h"

namespace kata::cli::engines {

namespace {

constexpr char kDaemonFile[] = "/etc/docker/daemon.json";
constexpr char kRuntimes[] = "runtimes";
constexpr int kTakesShims = 23;
constexpr int kValidates = 23;  // has --validate

oci::Value text_member(const std::string& key, const std::string& text) {
  return {oci::Value::Object{{key, oci::Value{text}}}};
}

// A shim that is not in the daemon's PATH is named by its path.
std::string shim_name(const Wish& wish) {
  return is_in_service_path(sys::parent_of(wish.shim)) ? kShimType : wish.shim;
}

oci::Value entry(const Wish& wish, const Program& program) {
  if (program.major < kTakesShims) return text_member("path", wish.runtime);
  return text_member("runtimeType", shim_name(wish));
}

Result<std::string> text_with(const std::string& file, const std::string& text, const Wish& wish,
                              const Program& program) {
  auto wanted = entry(wish, program);
  auto known =
      text.find_first_not_of(" \t\r\n") == std::string::npos ? oci::Value{} : TRY_WRAP(oci::parse_text(text), file);
  const auto* runtimes = known.find(kRuntimes);
  const auto* there = runtimes == nullptr ? nullptr : runtimes->find(wish.name);
  if (there == nullptr) return with_member(text, kRuntimes, wish.name, wanted).wrap(file);
  if (oci::to_text(*there) == oci::to_text(wanted)) return text;
  return is_another_one(file, wish.name);
}

// "path" or "runtimeType" of ours.
const std::string* way_of(const oci::Value& runtime) {
  for (const char* key : {"path", "runtimeType"}) {
    const auto* value = runtime.find(key);
    const auto* text = value == nullptr ? nullptr : value->as<std::string>();
    if (text != nullptr && text->find("kata") != std::string::npos) return text;
  }
  return nullptr;
}

Result<> validate(const Program& program, const std::vector<Edit>& edits) {
  for (const auto& edit : edits) {
    auto directory = TRY(sys::make_temporary_directory("/tmp/kata-install-"));
    auto cleanup = defer([&] { ignore(sys::remove_tree(directory)); });
    auto file = directory + "/daemon.json";
    TRY(sys::write_file(file, edit.after));
    TRY(output_of({program.path, "--validate", "--config-file", file}));
  }
  return {};
}

class Docker : public Engine {
 public:
  std::string name() const override { return "docker"; }
  std::string program() const override { return "dockerd"; }
  std::string restart() const override { return "systemctl reload docker"; }

  Result<Plan> plan(const Wish& wish, const Program& program) const override {
    Plan out;
    Edit edit{.path = wish.root + kDaemonFile};
    edit.before = TRY(read_if_there(edit.path));
    edit.after = TRY(text_with(edit.path, edit.before.value_or(""), wish, program));
    out.edits.push_back(std::move(edit));
    out.notes.push_back(program.major < kTakesShims
                            ? concat("by path, ", wish.runtime, ": Docker takes shims from version 23 on")
                            : concat("by shim, ", shim_name(wish)));
    out.example = concat("docker run --rm --runtime ", wish.name, " busybox uname -r");
    if (program.major >= kValidates) {
      out.check = [program](const auto& edits) { return validate(program, edits); };
    }
    return out;
  }

  Result<std::vector<Trace>> traces(const Wish& wish) const override {
    return std::vector<Trace>{{.path = wish.root + kDaemonFile}};
  }

  Result<Look> look(const Wish& wish, const Program& program) const override {
    auto registered = TRY(look_in_file(wish));
    bool by_type = program.major >= kTakesShims && shim_name(wish) == kShimType;
    if (!registered.registered && by_type)
      registered.detail = concat("knows it as ", kShimType, ", and by no other name");
    return registered;
  }

 private:
  static Result<Look> look_in_file(const Wish& wish) {
    auto file = wish.root + kDaemonFile;
    auto text = TRY(read_if_there(file));
    if (!text || text->find_first_not_of(" \t\r\n") == std::string::npos) return Look{};
    auto config = TRY_WRAP(oci::parse_text(*text), file);
    const auto* runtimes = config.find(kRuntimes);
    const auto* members = runtimes == nullptr ? nullptr : runtimes->as<oci::Value::Object>();
    if (members == nullptr) return Look{};
    for (const auto& [name, runtime] : *members) {
      if (const auto* way = way_of(runtime)) return Look{true, concat("runtime ", name, " is ", *way)};
    }
    return Look{};
  }
};

}  // namespace

const Engine& docker() {
  static const Docker engine;
  return engine;
}

}  // namespace kata::cli::engines
