#include <charconv>

#include "cli/command/update.h"
#include "cli/do/do.h"
#include "cli/process/lifecycle.h"
#include "lib/base/concat.h"
#include "lib/oci/json.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/file.h"

namespace kata::cli {

namespace {

constexpr char kEmbedded[] = "io.katacontainers.rootfs.embedded";

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> out(1);
  for (char c : text) {
    if (c == by) {
      out.emplace_back();
    } else {
      out.back().push_back(c);
    }
  }
  return out;
}

bool is_number(const std::string& text, uint32_t& out) {
  auto [end, err] = std::from_chars(text.data(), text.data() + text.size(), out);
  return err == std::errc() && end == text.data() + text.size();
}

// The fields of the first line of a passwd or group file whose first field, or third, is `key`.
std::vector<std::string> look_up(const std::string& file, const std::string& key, bool by_number) {
  auto text = sys::read_file(file);
  if (!text) return {};
  for (const auto& line : split(*text, '\n')) {
    auto fields = split(line, ':');
    if (fields.size() > 3 && fields[by_number ? 2 : 0] == key) return fields;
  }
  return {};
}

Result<uint32_t> find_group(const std::string& name, const std::string& etc) {
  uint32_t gid = 0;
  if (is_number(name, gid)) return gid;
  auto fields = look_up(etc + "/group", name, false);
  if (fields.empty() || !is_number(fields[2], gid)) {
    return Error::make(Code::kNotFound, concat("there is no group \"", name, "\" in ", etc, "/group"));
  }
  return gid;
}

Result<> set_environment(grpc::Process& process, const std::vector<std::string>& env) {
  ExecOptions options;
  options.command = {process.args().begin(), process.args().end()};
  for (const auto& entry : env) {
    // As with docker: a bare name takes the value from here.
    const char* value = entry.find('=') == std::string::npos ? std::getenv(entry.c_str()) : "";
    if (value == nullptr) continue;
    options.env.push_back(entry.find('=') == std::string::npos ? concat(entry, "=", value) : entry);
  }
  options.tty = process.terminal();
  process = TRY(merge_process(process, options));
  return {};
}

void set_root(grpc::Spec& spec, const std::string& rootfs) {
  spec.mutable_root()->set_readonly(false);
  if (rootfs.empty()) {
    spec.mutable_root()->set_path("rootfs");  // an empty directory of the bundle, for form's sake
    (*spec.mutable_annotations())[kEmbedded] = "busybox";
  } else {
    spec.mutable_root()->set_path(absolute(rootfs));
  }
}

}  // namespace

Result<UserIds> find_user(const std::string& text, const std::string& etc) {
  auto colon = text.find(':');
  auto name = text.substr(0, colon);
  UserIds out;
  out.has_gid = true;
  bool number = is_number(name, out.uid);
  auto fields = look_up(etc + "/passwd", name, number);
  if (!number && (fields.empty() || !is_number(fields[2], out.uid))) {
    return Error::make(Code::kNotFound, concat("there is no user \"", name, "\" in ", etc, "/passwd"));
  }
  if (!fields.empty()) is_number(fields[3], out.gid);
  if (colon != std::string::npos) out.gid = TRY(find_group(text.substr(colon + 1), etc));
  return out;
}

Result<grpc::Mount> parse_volume(const std::string& text) {
  auto bad = [&](std::string_view why) {
    return Error::make(Code::kInvalidArgument, concat("invalid volume \"", text, "\": ", why))
        .hint("use --volume HOST:GUEST or --volume HOST:GUEST:ro");
  };
  auto parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3 || parts[0].empty()) return bad("expected HOST:GUEST[:ro]");
  if (!parts[1].starts_with('/')) return bad("the path in the guest must be absolute");
  if (parts.size() == 3 && parts[2] != "ro" && parts[2] != "rw") return bad("the third part is \"ro\" or \"rw\"");
  auto host = absolute(parts[0]);
  if (!sys::exists(host)) return bad(concat(host, " does not exist"));
  grpc::Mount out;
  out.set_destination(parts[1]);
  out.set_source(host);
  out.set_type("bind");
  out.add_options("rbind");
  out.add_options(parts.size() == 3 ? parts[2] : "rw");
  return out;
}

Result<uint64_t> parse_machine_memory(const std::string& text) {
  uint32_t mib = 0;
  if (is_number(text, mib)) {
    if (mib == 0) return Error::make(Code::kInvalidArgument, "invalid memory size \"0\"");
    return mib;
  }
  auto bytes = TRY_WRAP(parse_bytes(text), "--memory");
  if (bytes < (1 << 20)) return Error::make(Code::kInvalidArgument, concat("--memory ", text, " is less than 1 MiB"));
  return static_cast<uint64_t>(bytes) >> 20U;
}

Result<grpc::Spec> do_spec(const DoOptions& options, const std::string& etc) {
  auto spec = oci::default_spec();
  auto* process = spec.mutable_process();
  process->mutable_args()->Assign(options.command.begin(), options.command.end());
  process->set_terminal(options.tty);
  if (!options.workdir.empty()) process->set_cwd(options.workdir);
  TRY(set_environment(*process, options.env));
  if (!options.user.empty()) {
    auto ids = TRY(find_user(options.user, etc));
    process->mutable_user()->set_uid(ids.uid);
    process->mutable_user()->set_gid(ids.gid);
  }
  for (const auto& volume : options.volumes) *spec.add_mounts() = TRY(parse_volume(volume));
  spec.set_hostname("kata");
  set_root(spec, options.rootfs);
  return spec;
}

}  // namespace kata::cli
