// https://github.com/opencontainers/runtime-spec/blob/main/config.md
#include <filesystem>

#include "lib/oci/fields.h"

namespace kata::oci {

void describe(Walker& w, grpc::Root& m) {
  FIELD("path", path, Presence::kAlways);
  FIELD("readonly", readonly);
  if (m.path().empty()) w.fail("path", "is missing");
}

namespace {

// Absolute, without "." and "..": what chroot would make of it, had it no symbolic links.
std::string clean(const std::string& path) {
  auto text = std::filesystem::path("/" + path).lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  while (text.size() > 1 && text[1] == '/') text.erase(0, 1);
  return text;
}

}  // namespace

void describe(Walker& w, grpc::Mount& m) {
  FIELD("destination", destination, Presence::kAlways);
  FIELD("type", type);
  FIELD("source", source);
  VALUES("options", options);
  MESSAGES("uidMappings", uid_mappings);
  MESSAGES("gidMappings", gid_mappings);
  if (!w.reading()) return;
  if (m.uid_mappings().empty() != m.gid_mappings().empty()) w.fail("uidMappings", "must come with gidMappings");
  if (m.destination().empty()) return w.fail("destination", "is missing");
  m.set_destination(clean(m.destination()));
}

void describe(Walker& w, grpc::Hook& m) {
  FIELD("path", path, Presence::kAlways);
  VALUES("args", args);
  // None at all means that of whoever runs the hook; an empty list means none.
  if (w.reading()) m.set_inherits_env(!w.has("env"));
  VALUES("env", env, m.inherits_env() ? Presence::kWhenSet : Presence::kAlways);
  FIELD("timeout", timeout);
  if (!m.path().starts_with('/')) w.fail("path", "must be an absolute path");
  if (w.has("timeout") && m.timeout() <= 0) w.fail("timeout", "must be above 0 (seconds)");
}

void describe(Walker& w, grpc::Hooks& m) {
  MESSAGES("prestart", prestart);
  MESSAGES("createRuntime", createruntime);
  MESSAGES("createContainer", createcontainer);
  MESSAGES("startContainer", startcontainer);
  MESSAGES("poststart", poststart);
  MESSAGES("poststop", poststop);
}

namespace {

void check_version(Walker& w, const std::string& version) {
  if (version.empty()) return w.fail("ociVersion", "is missing: is this an OCI configuration?");
  if (!version.starts_with("1.")) w.fail("ociVersion", concat("\"", version, "\" is not a version 1.x"));
}

}  // namespace

void describe(Walker& w, grpc::Spec& m) {
  FIELD("ociVersion", version, Presence::kAlways);
  check_version(w, m.version());
  MESSAGE("process", process);
  MESSAGE("root", root);
  FIELD("hostname", hostname);
  FIELD("domainname", domainname);
  MESSAGES("mounts", mounts);
  MESSAGE("hooks", hooks);
  MAP("annotations", annotations);
  MESSAGE("linux", linux);
  constexpr auto* kOther = "of another platform";
  for (const char* platform : {"solaris", "windows", "zos"}) w.no_effect(platform, kOther);
  w.no_effect("vm", "the configuration file says what the machine is");
}

}  // namespace kata::oci
