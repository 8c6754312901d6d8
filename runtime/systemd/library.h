// libsystemd's functions, between the files of this room.
#pragma once

#include <systemd/sd-bus.h>

#include <memory>

#include "lib/base/result.h"

namespace kata::systemd {

struct Library {
  static Result<std::unique_ptr<Library>> load();
  ~Library();
  Library() = default;
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  decltype(&::sd_bus_open_system) open_system = nullptr;
  decltype(&::sd_bus_flush_close_unref) close = nullptr;
  decltype(&::sd_bus_message_new_method_call) new_call = nullptr;
  decltype(&::sd_bus_message_append) append = nullptr;
  decltype(&::sd_bus_message_open_container) open_container = nullptr;
  decltype(&::sd_bus_message_close_container) close_container = nullptr;
  decltype(&::sd_bus_message_append_array) append_array = nullptr;
  decltype(&::sd_bus_message_read) read = nullptr;
  decltype(&::sd_bus_message_unref) unref_message = nullptr;
  decltype(&::sd_bus_call) call = nullptr;
  decltype(&::sd_bus_call_method) call_method = nullptr;
  decltype(&::sd_bus_get_property_string) get_string = nullptr;
  decltype(&::sd_bus_match_signal) match_signal = nullptr;
  decltype(&::sd_bus_process) process = nullptr;
  decltype(&::sd_bus_wait) wait = nullptr;
  decltype(&::sd_bus_error_free) free_error = nullptr;
  decltype(&::sd_bus_path_encode) encode_path = nullptr;

 private:
  void* handle_ = nullptr;
};

}  // namespace kata::systemd
