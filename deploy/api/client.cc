#include "deploy/api/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <thread>

#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/sys/file.h"

namespace kata::deploy {

namespace {

constexpr long kSecondsToConnect = 10;
constexpr long kSecondsToAnswer = 60;
constexpr auto kPause = std::chrono::seconds(1);
constexpr size_t kLargestAnswer = 4U << 20U;
constexpr long kTooMany = 429;
constexpr long kServersFault = 500;

size_t collect(char* data, size_t size, size_t count, void* out) {
  auto& text = *static_cast<std::string*>(out);
  if (text.size() + size * count > kLargestAnswer) return 0;  // which ends the transfer
  text.append(data, size * count);
  return size * count;
}

bool is_worth_another_try(const Result<Answer>& answer) {
  if (!answer) return answer.error().is(Code::kUnavailable);
  return answer->status == kTooMany || answer->status >= kServersFault;
}

std::string without_space(std::string text) {
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

void set_up(CURL* curl, const Access& access) {
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // a proxy of the environment leads out of the cluster
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kSecondsToConnect);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kSecondsToAnswer);
  // In memory: by the time of the first call the file may be out of reach, in another root directory.
  curl_blob authority{};
  authority.data = const_cast<char*>(access.authority.data());
  authority.len = access.authority.size();
  authority.flags = CURL_BLOB_COPY;
  curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &authority);
  curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
}

}  // namespace

struct Client::Handle {
  // The library is set up while this process still has its own root directory.
  Handle() : ready(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK), curl(ready ? curl_easy_init() : nullptr) {}
  ~Handle() {
    if (curl != nullptr) curl_easy_cleanup(curl);
    if (ready) curl_global_cleanup();
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  bool ready;
  CURL* curl;
};

Result<std::optional<Access>> access_of_pod(const std::string& host, const std::string& port,
                                            const std::string& directory) {
  if (host.empty()) return std::optional<Access>();
  Access out;
  bool is_v6 = host.find(':') != std::string::npos;
  out.url = concat("https://", is_v6 ? "[" : "", host, is_v6 ? "]" : "", ":", port.empty() ? "443" : port);
  auto token = sys::read_file(directory + "/token");
  auto authority = sys::read_file(directory + "/ca.crt");
  for (const auto* file : {&token, &authority}) {
    if (*file) continue;
    return file->error().wrap("the service account of this pod").hint("set automountServiceAccountToken to true");
  }
  out.token = without_space(*token);
  out.authority = *authority;
  return std::optional<Access>(std::move(out));
}

Client::Client(Access access, std::chrono::seconds patience)
    : access_(std::move(access)), patience_(patience), handle_(std::make_unique<Handle>()) {}

Client::~Client() = default;

Result<Answer> Client::ask(const Request& request) {
  auto end = std::chrono::steady_clock::now() + patience_;
  while (true) {
    auto answer = ask_once(request);
    if (!is_worth_another_try(answer) || std::chrono::steady_clock::now() >= end) return answer;
    std::this_thread::sleep_for(kPause);
  }
}

Result<Answer> Client::ask_once(const Request& request) {
  auto url = access_.url + request.path;
  auto what = concat(request.method, " ", url);
  auto* curl = handle_->curl;
  if (curl == nullptr) return Error::make(Code::kInternal, what + ": libcurl cannot be set up");
  curl_easy_reset(curl);
  set_up(curl, access_);
  curl_slist* headers = nullptr;
  Defer free_headers([&] { curl_slist_free_all(headers); });
  for (const auto& line : {concat("Authorization: Bearer ", access_.token), std::string("Accept: application/json"),
                           concat("Content-Type: ", request.type)}) {
    headers = curl_slist_append(headers, line.c_str());
  }
  Answer out;
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &out.body);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  if (!request.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  }
  if (auto code = curl_easy_perform(curl); code != CURLE_OK) {
    bool forged = code == CURLE_PEER_FAILED_VERIFICATION;
    return Error::make(forged ? Code::kPermissionDenied : Code::kUnavailable,
                       concat(what, ": ", *reason != '\0' ? reason : curl_easy_strerror(code)))
        .hint("see whether the node reaches the API server: kubectl get --raw /readyz");
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out.status);
  return out;
}

}  // namespace kata::deploy
