// Kernel modules: the early ones that the initrd lists, and later ones by name with their dependencies.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace kata::agent {

struct ModuleFile {
  std::string path;
  std::string parameters;
};

// Lines "path[ parameters]" in the order of loading; # starts a comment.
std::vector<ModuleFile> parse_module_list(std::string_view text);

// finit_module(2). One that is loaded already is success.
Result<> load_module_file(const ModuleFile& module);

// What /lib/modules/kata.load lists; empty for a kernel with everything built in.
std::vector<ModuleFile> early_modules();
// Loads them in that order. A module that fails is logged.
void load_modules(std::span<const ModuleFile> modules);
// How many of the modules come up to and with the driver of the agent's channel; all when it is not there.
size_t count_for_channel(std::span<const ModuleFile> modules);

// "kernel/fs/9p/9pnet-virtio.ko" is "9pnet_virtio".
std::string module_name(std::string_view path);

// modules.dep: the files to load for `name`, dependencies first; empty when it is not there.
// `-` and `_` in names are the same.
std::vector<std::string> module_files(std::string_view modules_dep, std::string_view name);

// modules.builtin: true when the kernel has what would be the module `name` built in.
bool is_built_in(std::string_view modules_builtin, std::string_view name);

// modprobe: looks in /lib/modules and /lib/modules/<release>, and then at what may be loaded on demand. One that is
// built in is success (its parameters are not applied: those of the kernel's command line are). kNotFound when there is
// no such module.
Result<> load_module(const std::string& name, const std::string& parameters = {});

// Loads a driver that may as well be built in or absent: the caller notices that the device does not come.
void load_driver(const std::string& name);

// True when a virtio device of that kind is plugged in, with or without a driver. `sys` is /sys; the ids are in
// linux/virtio_ids.h.
bool has_virtio_device(const std::string& sys, unsigned id);

}  // namespace kata::agent
