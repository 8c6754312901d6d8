#include "deploy/api/cluster.h"

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/oci/value.h"
#include "lib/text/json.h"

namespace kata::deploy {

namespace {

constexpr long kOk = 200;
constexpr long kMoreThanOk = 300;
constexpr long kUnauthorized = 401;
constexpr long kForbidden = 403;
constexpr long kNotFound = 404;
constexpr long kConflict = 409;

constexpr char kRuntimeClasses[] = "/apis/node.k8s.io/v1/runtimeclasses";
constexpr char kManager[] = "app.kubernetes.io/managed-by";
constexpr char kOurName[] = "kata-deploy";
constexpr size_t kLongestMessage = 1024;  // of an event

bool is_good(const Answer& answer) { return answer.status >= kOk && answer.status < kMoreThanOk; }

// The member at the end of a path, when it is a text.
std::string text_at(const oci::Value& value, std::initializer_list<std::string_view> path) {
  const auto* at = &value;
  for (auto key : path) {
    at = at->find(key);
    if (at == nullptr) return {};
  }
  const auto* text = at->as<std::string>();
  return text == nullptr ? std::string() : *text;
}

Error refused(const Request& request, const Answer& answer) {
  auto status = oci::parse_text(answer.body);
  auto reason = status ? text_at(*status, {"message"}) : std::string();
  auto error =
      Error::make(Code::kFailedPrecondition, concat(request.method, " ", request.path, ": the API server says ",
                                                    answer.status, reason.empty() ? "" : ": ", reason));
  if (answer.status == kUnauthorized || answer.status == kForbidden) {
    return error.hint("give the service account of kata-deploy the rights that its chart's ClusterRole has");
  }
  if (answer.status == kNotFound) return error.hint("set NODE_NAME to the node's name, from the field spec.nodeName");
  return error;
}

Result<oci::Value> read(const Request& request, const Answer& answer) {
  if (!is_good(answer)) return refused(request, answer);
  return TRY_WRAP(oci::parse_text(answer.body), concat("the answer to ", request.method, " ", request.path));
}

std::string body_of(const RuntimeClass& wanted) {
  JsonWriter json(false);
  json.begin_object().field("apiVersion", "node.k8s.io/v1").field("kind", "RuntimeClass");
  json.begin_object("metadata").field("name", wanted.name);
  json.begin_object("labels").field(kManager, kOurName).end_object().end_object();
  json.field("handler", wanted.handler);
  if (!wanted.memory.empty() || !wanted.cpu.empty()) {
    json.begin_object("overhead").begin_object("podFixed");
    if (!wanted.memory.empty()) json.field("memory", wanted.memory);
    if (!wanted.cpu.empty()) json.field("cpu", wanted.cpu);
    json.end_object().end_object();
  }
  json.begin_object("scheduling").begin_object("nodeSelector").field("katacontainers.io/kata-runtime", "true");
  return json.end_object().end_object().end_object().text();
}

bool is_ours(const oci::Value& object) { return text_at(object, {"metadata", "labels", kManager}) == kOurName; }

}  // namespace

Result<Labels> Cluster::labels(const std::string& node) {
  Request request{.path = "/api/v1/nodes/" + node};
  auto object = TRY(read(request, TRY(ask_(request))));
  Labels out;
  const auto* metadata = object.find("metadata");
  const auto* labels = metadata == nullptr ? nullptr : metadata->find("labels");
  const auto* members = labels == nullptr ? nullptr : labels->as<oci::Value::Object>();
  if (members == nullptr) return out;
  for (const auto& member : *members) {
    if (const auto* text = member.value.as<std::string>()) out[member.key] = *text;
  }
  return out;
}

Result<std::string> Cluster::engine(const std::string& node) {
  Request request{.path = "/api/v1/nodes/" + node};
  auto object = TRY(read(request, TRY(ask_(request))));
  return text_at(object, {"status", "nodeInfo", "containerRuntimeVersion"});
}

Result<> Cluster::label(const std::string& node, const LabelChange& change) {
  JsonWriter json(false);
  json.begin_object().begin_object("metadata").begin_object("labels");
  for (const auto& [key, value] : change) {
    json.key(key);
    value ? json.value(*value) : json.raw("null");
  }
  json.end_object().end_object().end_object();
  Request request{"PATCH", "/api/v1/nodes/" + node, json.text(), "application/merge-patch+json"};
  auto answer = TRY(ask_(request));
  if (!is_good(answer)) return refused(request, answer);
  return {};
}

Result<> Cluster::make(const RuntimeClass& wanted) {
  Request create{"POST", kRuntimeClasses, body_of(wanted)};
  auto answer = TRY(ask_(create));
  if (is_good(answer)) return {};
  if (answer.status != kConflict) return refused(create, answer);
  Request get{.path = concat(kRuntimeClasses, "/", wanted.name)};
  auto there = TRY(read(get, TRY(ask_(get))));
  if (text_at(there, {"handler"}) == wanted.handler) return {};
  if (!is_ours(there)) {
    return Error::make(Code::kAlreadyExists, concat("the RuntimeClass ", wanted.name, " is there, with the handler ",
                                                    text_at(there, {"handler"}), ", and is not this installer's"))
        .hint(
            concat("remove it (kubectl delete runtimeclass ", wanted.name, "), or set CREATE_RUNTIMECLASSES to false"));
  }
  Request remove{"DELETE", get.path};  // its handler cannot be changed
  TRY(ask_(remove));
  answer = TRY(ask_(create));
  if (!is_good(answer)) return refused(create, answer);
  return {};
}

Result<> Cluster::remove_runtime_class(const std::string& name) {
  Request get{.path = concat(kRuntimeClasses, "/", name)};
  auto found = TRY(ask_(get));
  if (found.status == kNotFound) return {};
  if (!is_ours(TRY(read(get, found)))) return {};
  Request remove{"DELETE", get.path};
  auto answer = TRY(ask_(remove));
  if (!is_good(answer) && answer.status != kNotFound) return refused(remove, answer);
  return {};
}

Result<bool> Cluster::has_daemon_set(const std::string& name_space, const std::string& name) {
  Request request{.path = concat("/apis/apps/v1/namespaces/", name_space, "/daemonsets/", name)};
  auto answer = TRY(ask_(request));
  if (answer.status == kNotFound || answer.status == kUnauthorized || answer.status == kForbidden) return false;
  return text_at(TRY(read(request, answer)), {"metadata", "deletionTimestamp"}).empty();
}

Result<> Cluster::warn(const std::string& node, const std::string& reason, const std::string& message,
                       const std::string& time) {
  JsonWriter json(false);
  json.begin_object().field("apiVersion", "v1").field("kind", "Event").field("type", "Warning");
  json.begin_object("metadata").field("generateName", "kata-deploy-").field("namespace", "default").end_object();
  json.begin_object("involvedObject").field("kind", "Node").field("name", node).field("uid", node).end_object();
  json.field("reason", reason).field("message", message.substr(0, std::min(message.size(), kLongestMessage)));
  json.field("firstTimestamp", time).field("lastTimestamp", time).field("count", 1);
  json.begin_object("source").field("component", kOurName).field("host", node).end_object().end_object();
  Request request{"POST", "/api/v1/namespaces/default/events", json.text()};
  auto answer = TRY(ask_(request));
  if (!is_good(answer)) return refused(request, answer);
  return {};
}

}  // namespace kata::deploy
