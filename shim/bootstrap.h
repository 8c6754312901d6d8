// What `start` answers to containerd.
#pragma once

#include <string>

namespace kata::shim {

// The newest version of the Task API that both sides speak. `environment` is $MAX_SHIM_VERSION, which containerd sets
// since 1.7; null or something else than a number is an older one, which knows version 2.
int task_api_version(const char* environment);

// Version 2 is answered with the bare address, which every containerd understands, version 3 with JSON.
std::string start_answer(const std::string& address, int version);

}  // namespace kata::shim
