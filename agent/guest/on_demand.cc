#include "agent/guest/on_demand.h"

#include <fnmatch.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "agent/guest/modules.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

// In a pattern, what stands in brackets is a range of characters.
std::string with_underscores(std::string_view text) {
  std::string out(text);
  bool in_brackets = false;
  for (char& c : out) {
    if (c == '[' || c == ']') in_brackets = c == '[';
    if (c == '-' && !in_brackets) c = '_';
  }
  return out;
}

bool is_live(const std::string& module) {
  auto state = sys::read_file(concat("/sys/module/", module, "/initstate"));
  return state && state->starts_with("live");
}

struct Store {
  std::string directory, dep, aliases, options;
};

Result<Store> open_store(const std::string& store) {
  struct utsname kernel {};
  (void)::uname(&kernel);
  Store out{concat(store, "/", kernel.release), {}, {}, {}};
  out.dep = TRY(sys::read_file(out.directory + "/modules.dep"));
  out.aliases = TRY(sys::read_file(out.directory + "/modules.alias"));
  out.options = TRY(sys::read_file(out.directory + "/modules.options"));
  return out;
}

Result<> load(const Store& store, const std::string& name, const std::string& parameters) {
  for (const auto& file : module_files(store.dep, name)) {
    auto module = module_name(file);
    if (is_live(module)) continue;
    TRY(load_module_file({concat(store.directory, "/", file), module == module_name(name) ? parameters : ""}));
  }
  return {};
}

}  // namespace

std::vector<std::string> requested_modules(std::string_view aliases, std::string_view dep, std::string_view request) {
  auto wanted = with_underscores(request);
  if (wanted == module_name(wanted) && !module_files(dep, wanted).empty()) return {wanted};
  std::vector<std::string> out;
  for (auto line : lines_of(aliases)) {
    auto words = split(line);
    if (words.size() != 3 || words[0] != "alias") continue;
    if (::fnmatch(with_underscores(words[1]).c_str(), wanted.c_str(), 0) != 0) continue;
    std::string name(words[2]);
    if (!module_files(dep, name).empty() && std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  return out;
}

std::string module_parameters(std::string_view options, std::string_view command_line, std::string_view name) {
  std::string out;
  auto add = [&](std::string_view word) { out += concat(out.empty() ? "" : " ", word); };
  for (auto line : lines_of(options)) {
    auto words = split(line);
    if (words.size() < 2 || words[0] != "options" || module_name(words[1]) != module_name(name)) continue;
    std::for_each(words.begin() + 2, words.end(), add);
  }
  for (auto word : split(command_line)) {
    auto dot = word.find('.');
    if (dot == std::string_view::npos || dot > word.find('=')) continue;
    if (module_name(word.substr(0, dot)) == module_name(name)) add(word.substr(dot + 1));
  }
  return out;
}

Result<> load_on_demand(const std::string& request, const std::string& parameters, const std::string& store) {
  auto from = TRY(open_store(store));
  auto names = requested_modules(from.aliases, from.dep, request);
  if (names.empty()) {
    return Error::make(Code::kNotFound, concat("no kernel module that containers may load is called ", request));
  }
  auto command_line = sys::read_file("/proc/cmdline").value_or("");
  for (const auto& name : names) {
    TRY(load(from, name, concat(module_parameters(from.options, command_line, name), " ", parameters)));
  }
  return {};
}

void load_old_iptables(const grpc::LinuxCapabilities& capabilities) {
  const auto& may = capabilities.bounding();
  if (std::find(may.begin(), may.end(), "CAP_NET_ADMIN") == may.end()) return;
  for (const auto* name : {"ip_tables", "ip6_tables"}) {
    if (sys::exists(concat("/proc/net/", name, "_names"))) continue;
    auto loaded = load_on_demand(name);
    if (!loaded && !loaded.error().is(Code::kNotFound)) log::warning("modules", loaded.error().message());
  }
}

Result<> answer_module_requests() {
  constexpr const char* kModprobe = "/sbin/modprobe";  // CONFIG_MODPROBE_PATH
  auto self = TRY(sys::read_link("/proc/self/exe"));
  TRY(sys::make_directories("/sbin"));
  if (::symlink(self.c_str(), kModprobe) == 0 || errno == EEXIST) return {};
  return Error::sys(errno, "create link", kModprobe);
}

bool is_modprobe(int argc, const char* const* argv) {
  return argc > 0 && std::string_view(argv[0]).ends_with("/modprobe");
}

int run_modprobe(int argc, const char* const* argv) {
  if (argc < 2) return 1;
  auto loaded = load_on_demand(argv[argc - 1]);
  if (loaded) return 0;
  // What is not in the list fails in silence, as on any machine. The kernel's log is the only place to say more.
  if (!loaded.error().is(Code::kNotFound)) {
    ignore(sys::write_control("/dev/kmsg", concat("kata-agent: ", loaded.error().text(), "\n")));
  }
  return 1;
}

}  // namespace kata::agent
