// <root>/<id>/record.json: what the command line must remember of a container between two commands.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::cli {

// A process and the field of /proc that tells it from a later one of the same number.
struct ProcessMark {
  pid_t pid = 0;  // 0: none yet
  uint64_t start_time = 0;
};
Result<ProcessMark> mark_process(pid_t pid);
bool still_runs(const ProcessMark& mark);  // false for a zombie

struct Record {
  std::string id;
  std::string bundle;  // absolute
  std::string rootfs;  // absolute; for `state`
  std::string sandbox_id;
  std::string oci_version;
  std::map<std::string, std::string> annotations;
  std::string created;  // RFC 3339, UTC
  std::string owner;
  bool terminal = false;
  bool owns_bundle = false;  // made for this container (`do`), and removed with it
  ProcessMark shim;
  ProcessMark standin;
};

std::string to_json(const Record& record);
// `json` may be damaged; the error says how.
Result<Record> parse_record(std::string_view json);

}  // namespace kata::cli
