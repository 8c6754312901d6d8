#include "hypervisor/qemu/processors.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "hypervisor/qemu/json_text.h"
#include "hypervisor/qemu/unplug.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"

namespace kata::hypervisor {

namespace {

using nlohmann::json;

constexpr std::string_view kPlugged = "/machine/peripheral/";  // where QEMU keeps what got an id from us

std::string id_of(const ProcessorPlace& place) { return concat("vcpu", place.socket); }

bool is_ours(const ProcessorPlace& place) { return place.path.starts_with(kPlugged); }

bool is_place(const json& entry) {
  return entry.is_object() && entry.contains("type") && entry["type"].is_string() && entry.contains("props") &&
         entry["props"].is_object() && entry["props"].contains("socket-id") &&
         entry["props"]["socket-id"].is_number_unsigned();
}

}  // namespace

Result<std::vector<ProcessorPlace>> parse_processor_places(std::string_view answer) {
  auto list = json::parse(answer.begin(), answer.end(), nullptr, /*allow_exceptions=*/false);
  if (!list.is_array() || !std::all_of(list.begin(), list.end(), is_place)) {
    return Error::make(Code::kDataLoss, "QEMU's list of processors is not what it should be");
  }
  std::vector<ProcessorPlace> out;
  for (const auto& entry : list) {
    ProcessorPlace place{entry["type"], json_text(entry["props"]), entry["props"]["socket-id"].get<unsigned>(), {}};
    if (entry.contains("qom-path") && entry["qom-path"].is_string()) place.path = entry["qom-path"];
    out.push_back(std::move(place));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.socket < b.socket; });
  return out;
}

Result<std::vector<pid_t>> parse_processor_threads(std::string_view answer) {
  auto list = json::parse(answer.begin(), answer.end(), nullptr, /*allow_exceptions=*/false);
  auto is_processor = [](const json& entry) {
    return entry.is_object() && entry.contains("thread-id") && entry["thread-id"].is_number_unsigned();
  };
  if (!list.is_array() || !std::all_of(list.begin(), list.end(), is_processor)) {
    return Error::make(Code::kDataLoss, "QEMU's list of processors' threads is not what it should be");
  }
  std::vector<pid_t> out;
  for (const auto& entry : list) out.push_back(entry["thread-id"].get<pid_t>());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<std::vector<pid_t>> host_threads(pid_t process, const std::vector<pid_t>& numbers) {
  auto tasks = concat("/proc/", process, "/task");
  std::vector<pid_t> out;
  for (const auto& task : TRY(sys::list_directory(tasks))) {
    auto status = sys::read_file(concat(tasks, "/", task, "/status"));
    if (!status) continue;  // it ended meanwhile
    constexpr std::string_view kField = "\nNSpid:";
    auto line = status->substr(std::min(status->find(kField), status->size()));
    line = line.substr(0, line.find('\n', 1));
    // Of each namespace that it is in, from ours on.
    auto own = std::string_view(line).substr(line.find_last_of('\t') + 1);
    bool wanted = std::any_of(numbers.begin(), numbers.end(), [&](pid_t one) { return std::to_string(one) == own; });
    if (wanted) out.push_back(static_cast<pid_t>(std::stol(task)));
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::vector<pid_t>> Processors::threads() {
  return parse_processor_threads(TRY(qmp_.execute("query-cpus-fast", settings_.command_timeout)));
}

Result<> Processors::plug(const ProcessorPlace& place) {
  auto device = json::parse(place.properties, nullptr, false);
  device["driver"] = place.type;
  device["id"] = id_of(place);
  TRY(qmp_.execute("device_add", settings_.command_timeout, json_text(device)));
  return {};
}

Result<uint32_t> Processors::resize(uint32_t wanted) {
  auto places = TRY(parse_processor_places(TRY(qmp_.execute("query-hotpluggable-cpus", settings_.command_timeout))));
  auto count = static_cast<uint32_t>(
      std::count_if(places.begin(), places.end(), [](const auto& place) { return !place.path.empty(); }));
  for (auto place = places.begin(); place != places.end() && count < wanted; ++place) {
    if (!place->path.empty()) continue;
    TRY(plug(*place));
    ++count;
  }
  for (auto place = places.rbegin(); place != places.rend() && count > wanted; ++place) {
    if (!is_ours(*place)) continue;
    auto gone = unplug(qmp_, id_of(*place), settings_.command_timeout, settings_.unplug_timeout);
    if (!gone && gone.error().is(Code::kUnavailable)) return gone.error();
    if (!gone) {
      log::warning("qemu", "the guest keeps a processor", {{"why", gone.error().text()}});
      break;
    }
    --count;
  }
  return count;
}

}  // namespace kata::hypervisor
