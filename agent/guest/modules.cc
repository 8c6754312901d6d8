#include "agent/guest/modules.h"

#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "agent/guest/on_demand.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

constexpr const char* kModules = "/lib/modules";

Result<> load_from(const std::string& folder, std::string_view dep, const std::string& name,
                   const std::string& parameters) {
  auto files = module_files(dep, name);
  for (const auto& file : files) {
    auto path = file.starts_with('/') ? file : concat(folder, "/", file);
    TRY(load_module_file({path, &file == &files.back() ? parameters : ""}));
  }
  return {};
}

}  // namespace

std::string module_name(std::string_view path) {
  auto slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  std::string name(path.substr(0, path.find('.')));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::vector<ModuleFile> parse_module_list(std::string_view text) {
  std::vector<ModuleFile> modules;
  for (auto line : lines_of(text)) {
    auto parts = split(line.substr(0, line.find('#')));
    if (parts.empty()) continue;
    ModuleFile module{std::string(parts[0]), {}};
    for (size_t i = 1; i < parts.size(); ++i) module.parameters += concat(i > 1 ? " " : "", parts[i]);
    modules.push_back(std::move(module));
  }
  return modules;
}

Result<> load_module_file(const ModuleFile& module) {
  auto fd = TRY(sys::open(module.path, O_RDONLY));
  if (::syscall(SYS_finit_module, fd.get(), module.parameters.c_str(), 0) == 0 || errno == EEXIST) return {};
  return Error::sys(errno, "load kernel module", module.path);
}

std::vector<ModuleFile> early_modules() {
  auto list = sys::read_file(concat(kModules, "/kata.load"));
  return list.ok() ? parse_module_list(*list) : std::vector<ModuleFile>();
}

void load_modules(std::span<const ModuleFile> modules) {
  for (const auto& module : modules) {
    if (auto loaded = load_module_file(module); !loaded.ok()) log::warning("init", loaded.error().message());
  }
}

size_t count_for_channel(std::span<const ModuleFile> modules) {
  auto driver = std::find_if(modules.begin(), modules.end(),
                             [](const auto& module) { return module_name(module.path) == "virtio_console"; });
  return driver == modules.end() ? modules.size() : static_cast<size_t>(driver - modules.begin()) + 1;
}

std::vector<std::string> module_files(std::string_view modules_dep, std::string_view name) {
  std::vector<std::string> files;
  for (auto line : lines_of(modules_dep)) {
    auto colon = line.find(':');
    if (colon == std::string_view::npos || module_name(line.substr(0, colon)) != module_name(name)) continue;
    for (auto file : split(line.substr(colon + 1))) files.emplace_back(file);
    std::reverse(files.begin(), files.end());  // depmod writes what is needed first last
    files.emplace_back(line.substr(0, colon));
    break;
  }
  return files;
}

bool is_built_in(std::string_view modules_builtin, std::string_view name) {
  auto lines = lines_of(modules_builtin);
  return std::any_of(lines.begin(), lines.end(), [&](auto line) { return module_name(line) == module_name(name); });
}

Result<> load_module(const std::string& name, const std::string& parameters) {
  struct utsname kernel {};
  (void)::uname(&kernel);
  for (const auto& folder : {concat(kModules, "/", kernel.release), std::string(kModules)}) {
    auto dep = sys::read_file(folder + "/modules.dep");
    if (dep.ok() && !module_files(*dep, name).empty()) return load_from(folder, *dep, name, parameters);
    // Our own kernel has no modules, but the list of what it has instead.
    auto builtin = sys::read_file(folder + "/modules.builtin");
    if (builtin.ok() && is_built_in(*builtin, name)) return {};
  }
  // A module that is built in shows itself when it has parameters.
  if (sys::exists("/sys/module/" + module_name(name))) return {};
  auto loaded = load_on_demand(name, parameters);
  if (loaded || !loaded.error().is(Code::kNotFound)) return loaded;
  return Error::make(Code::kNotFound, concat("there is no kernel module ", name, " in the guest"));
}

void load_driver(const std::string& name) {
  auto loaded = load_module(name);
  if (!loaded.ok()) log::debug("init", loaded.error().message());
}

bool has_virtio_device(const std::string& sys, unsigned id) {
  auto devices = sys::list_directory(sys + "/bus/virtio/devices");
  if (!devices.ok()) return false;
  for (const auto& device : *devices) {
    auto text = sys::read_file(concat(sys, "/bus/virtio/devices/", device, "/device"));  // "0x0013"
    if (text.ok() && std::strtoul(text->c_str(), nullptr, 16) == id) return true;
  }
  return false;
}

}  // namespace kata::agent
