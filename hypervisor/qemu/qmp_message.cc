#include "hypervisor/qemu/qmp_message.h"

#include <nlohmann/json.hpp>

#include "hypervisor/qemu/json_text.h"
#include "lib/base/concat.h"

namespace kata::hypervisor {

namespace {

using nlohmann::json;

constexpr int kMaxDepth = 32;  // the deepest answer of QEMU that we know is 8

Error invalid(std::string_view why) { return Error::make(Code::kDataLoss, concat("QMP: ", why)); }

std::string string_at(const json& object, const char* key) {
  auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

uint64_t id_of(const json& object) {
  auto it = object.find("id");
  return it != object.end() && it->is_number_unsigned() ? it->get<uint64_t>() : 0;
}

std::string version_of(const json& greeting) {
  const json* at = &greeting;
  for (const auto* key : {"version", "qemu"}) {
    if (!at->is_object() || !at->contains(key)) return {};
    at = &at->at(key);
  }
  if (!at->is_object()) return {};
  std::string out;
  for (const auto* key : {"major", "minor", "micro"}) {
    if (!at->contains(key) || !at->at(key).is_number_unsigned()) return {};
    out += concat(out.empty() ? "" : ".", at->at(key).get<uint64_t>());
  }
  return out;
}

Result<QmpMessage> interpret(const json& object) {
  QmpMessage out;
  out.id = id_of(object);
  if (auto it = object.find("QMP"); it != object.end()) {
    out.text = version_of(*it);
    return out;
  }
  if (auto it = object.find("return"); it != object.end()) {
    out.kind = QmpMessage::Kind::kReply;
    out.data = json_text(*it);
    return out;
  }
  if (auto it = object.find("error"); it != object.end() && it->is_object()) {
    out.kind = QmpMessage::Kind::kError;
    out.name = string_at(*it, "class");
    out.text = string_at(*it, "desc");
    return out;
  }
  out.kind = QmpMessage::Kind::kEvent;
  out.name = string_at(object, "event");
  if (out.name.empty()) return invalid("a message that is neither a reply nor an event");
  if (auto it = object.find("data"); it != object.end() && it->is_object()) {
    out.data = json_text(*it);
    out.reason = string_at(*it, "reason");
    out.text = string_at(*it, "msg");
    out.device = string_at(*it, "device");
    if (out.device.empty()) out.device = string_at(*it, "id");  // MEMORY_DEVICE_SIZE_CHANGE
  }
  return out;
}

}  // namespace

Result<QmpMessage> parse_qmp(std::string_view line) {
  if (line.size() > kMaxQmpLine) return invalid("a line longer than 1 MiB");
  bool too_deep = false;
  auto limit = [&](int depth, json::parse_event_t /*event*/, json& /*value*/) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;
  };
  try {
    auto object = json::parse(line.begin(), line.end(), limit, /*allow_exceptions=*/false);
    if (too_deep) return invalid("a message nested too deeply");
    if (!object.is_object()) return invalid("a line that is no JSON object");
    return interpret(object);
  } catch (const std::exception& e) {
    return invalid(e.what());
  }
}

std::string qmp_command(std::string_view name, uint64_t id, std::string_view arguments) {
  auto text = concat(R"({"execute":")", name, R"(","id":)", id);
  if (!arguments.empty()) text += concat(R"(,"arguments":)", arguments);
  return text + "}\n";
}

}  // namespace kata::hypervisor
