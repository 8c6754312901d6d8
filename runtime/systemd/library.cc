#include "runtime/systemd/library.h"

#include <dlfcn.h>

#include "lib/base/concat.h"

namespace kata::systemd {

namespace {

constexpr char kName[] = "libsystemd.so.0";

template <typename F>
bool find(void* library, const char* name, F& into) {
  into = reinterpret_cast<F>(::dlsym(library, name));
  return into != nullptr;
}

}  // namespace

Result<std::unique_ptr<Library>> Library::load() {
  auto out = std::make_unique<Library>();
  out->handle_ = ::dlopen(kName, RTLD_NOW | RTLD_LOCAL);
  if (out->handle_ == nullptr) {
    return Error::make(Code::kUnavailable, concat("cannot load ", kName, ": ", ::dlerror()))
        .hint("install libsystemd0, or give the pod a path as its cgroup");
  }
  auto* from = out->handle_;
  bool all =
      find(from, "sd_bus_open_system", out->open_system) && find(from, "sd_bus_flush_close_unref", out->close) &&
      find(from, "sd_bus_message_new_method_call", out->new_call) && find(from, "sd_bus_message_append", out->append) &&
      find(from, "sd_bus_message_open_container", out->open_container) &&
      find(from, "sd_bus_message_close_container", out->close_container) &&
      find(from, "sd_bus_message_append_array", out->append_array) && find(from, "sd_bus_message_read", out->read) &&
      find(from, "sd_bus_message_unref", out->unref_message) && find(from, "sd_bus_call", out->call) &&
      find(from, "sd_bus_call_method", out->call_method) && find(from, "sd_bus_get_property_string", out->get_string) &&
      find(from, "sd_bus_match_signal", out->match_signal) && find(from, "sd_bus_process", out->process) &&
      find(from, "sd_bus_wait", out->wait) && find(from, "sd_bus_error_free", out->free_error) &&
      find(from, "sd_bus_path_encode", out->encode_path);
  if (!all) return Error::make(Code::kUnavailable, concat(kName, " lacks a function: ", ::dlerror()));
  return out;
}

Library::~Library() {
  if (handle_ != nullptr) ::dlclose(handle_);
}

}  // namespace kata::systemd
