#include "cli/container/record.h"

#include <poll.h>

#include <nlohmann/json.hpp>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"
#include "lib/text/json.h"

namespace kata::cli {

Result<ProcessMark> mark_process(pid_t pid) { return ProcessMark{pid, TRY(sys::process_start_time(pid))}; }

bool still_runs(const ProcessMark& mark) { return sys::still_runs(mark.pid, mark.start_time); }

std::string to_json(const Record& record) {
  JsonWriter json;
  json.begin_object()
      .field("id", record.id)
      .field("bundle", record.bundle)
      .field("rootfs", record.rootfs)
      .field("sandboxId", record.sandbox_id)
      .field("ociVersion", record.oci_version)
      .field("created", record.created)
      .field("owner", record.owner)
      .field("terminal", record.terminal)
      .field("ownsBundle", record.owns_bundle)
      .field("shimPid", record.shim.pid)
      .field("shimStartTime", record.shim.start_time)
      .field("standinPid", record.standin.pid)
      .field("standinStartTime", record.standin.start_time)
      .begin_object("annotations");
  for (const auto& [name, value] : record.annotations) json.field(name, value);
  json.end_object().end_object();
  return json.text() + "\n";
}

namespace {

using Json = nlohmann::json;

Record read_fields(const Json& json) {
  Record out;
  out.id = json.at("id").get<std::string>();
  out.bundle = json.at("bundle").get<std::string>();
  out.rootfs = json.at("rootfs").get<std::string>();
  out.sandbox_id = json.at("sandboxId").get<std::string>();
  out.oci_version = json.at("ociVersion").get<std::string>();
  out.created = json.at("created").get<std::string>();
  out.owner = json.at("owner").get<std::string>();
  out.terminal = json.at("terminal").get<bool>();
  out.owns_bundle = json.at("ownsBundle").get<bool>();
  out.shim = {json.at("shimPid").get<pid_t>(), json.at("shimStartTime").get<uint64_t>()};
  out.standin = {json.at("standinPid").get<pid_t>(), json.at("standinStartTime").get<uint64_t>()};
  out.annotations = json.at("annotations").get<std::map<std::string, std::string>>();
  return out;
}

}  // namespace

Result<Record> parse_record(std::string_view json) {
  try {
    return read_fields(Json::parse(json));
  } catch (const Json::exception& problem) {
    return Error::make(Code::kDataLoss, concat("malformed record: ", problem.what()));
  }
}

}  // namespace kata::cli
