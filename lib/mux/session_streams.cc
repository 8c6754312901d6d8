// How streams come to be: frames that open them, the CONNECT and OK lines, dial and accept.
#include <strings.h>

#include <charconv>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/mux/session.h"
#include "lib/sys/fd.h"

namespace kata::mux {

namespace {

constexpr size_t kMaxStreams = 1024;  // at once; what the other side opens beyond is refused
constexpr size_t kMaxIncoming = 128;  // not fetched by accept() yet
constexpr std::string_view kConnect = "CONNECT ";
constexpr std::string_view kOk = "OK ";

// The number behind a keyword that is matched without case, as in hybrid vsock.
std::optional<uint32_t> port_in(std::string_view line, std::string_view keyword) {
  if (line.size() <= keyword.size() || ::strncasecmp(line.data(), keyword.data(), keyword.size()) != 0) return {};
  uint32_t port = 0;
  const char* end = line.data() + line.size();
  auto [at, error] = std::from_chars(line.data() + keyword.size(), end, port);
  if (error != std::errc() || at != end) return {};
  return port;
}

Error violation(std::string_view what, uint32_t stream) {
  return Error::make(Code::kDataLoss, concat("yamux: ", what, " on stream ", stream));
}

}  // namespace

Session::StreamPtr Session::find(uint32_t id) const {
  auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second;
}

Result<> Session::on_header(const Header& header) {
  if (header.type == Type::kPing || header.type == Type::kGoAway) {
    if (header.stream != 0) return violation("session frame", header.stream);
    return {};
  }
  if (header.has(kSyn)) TRY(on_new_stream(header));
  auto stream = find(header.stream);
  if (!stream) return {};  // it was reset here while this was on its way
  if (header.type == Type::kWindowUpdate) {
    stream->widen(header.length);
    return {};
  }
  if (!stream->admits(header.length)) return violation("more data than the window allows", header.stream);
  stream->count_received(header.length);
  return {};
}

Result<> Session::on_new_stream(const Header& header) {
  uint32_t parity = role_ == Role::kClient ? 0 : 1;
  if (header.stream == 0 || header.stream % 2 != parity) return violation("SYN of the wrong side", header.stream);
  if (header.stream <= last_remote_id_) return violation("SYN again", header.stream);
  last_remote_id_ = header.stream;
  if (streams_.size() >= kMaxStreams) {
    out_.push({Type::kWindowUpdate, kRst, header.stream, 0});
    return {};
  }
  streams_[header.stream] = std::make_shared<Stream>(header.stream, false);
  return {};
}

void Session::on_payload(const Header& header, std::string_view piece) {
  auto stream = find(header.stream);
  if (!stream) return;
  if (!stream->open()) {
    auto line = stream->take_line(piece);
    if (!line.ok()) return refuse(*stream);
    if (!line->has_value()) return;
    on_line(*stream, **line);
  }
  if (stream->open() && !piece.empty()) stream->deliver(piece);
}

void Session::on_end(const Header& header) {
  if (header.type == Type::kPing) return on_ping(header);
  if (header.type == Type::kGoAway) return on_go_away(header);
  auto stream = find(header.stream);
  if (!stream) return;
  if (header.has(kRst)) {
    if (!stream->open()) return refuse(*stream);
    stream->reset();
  } else if (header.has(kFin)) {
    if (!stream->open()) return refuse(*stream);
    stream->end_of_input();
  }
  if (stream->finished()) streams_.erase(header.stream);
}

void Session::on_ping(const Header& header) {
  if (header.has(kSyn)) out_.push({Type::kPing, kAck, 0, header.length});
}

void Session::on_go_away(const Header& header) {
  going_away_ = true;
  log::debug("mux", "the other side goes away", {{"code", concat(header.length)}});
  for (auto& [id, dial] : dials_) dial->outcome = Error::make(Code::kUnavailable, "the other side goes away");
  for (const auto& [id, dial] : dials_) streams_.erase(id);
  dials_.clear();
  changed_.notify_all();
}

// A hand-shake that failed: at either side the stream is forgotten.
void Session::refuse(Stream& stream) {
  out_.push({Type::kWindowUpdate, kRst, stream.id(), 0});
  if (stream.dialed()) answer_dial(stream, Error::make(Code::kUnavailable, "nobody listens on this port"));
  streams_.erase(stream.id());
}

void Session::answer_dial(Stream& stream, Result<UniqueFd> outcome) {
  auto found = dials_.find(stream.id());
  if (found == dials_.end()) return;
  found->second->outcome = std::move(outcome);
  dials_.erase(found);
  changed_.notify_all();
}

void Session::on_line(Stream& stream, const std::string& line) {
  if (!stream.dialed()) return accept_stream(stream, line);
  if (!port_in(line, kOk)) return refuse(stream);
  auto outer = stream.establish();
  if (!outer.ok()) {
    out_.push({Type::kWindowUpdate, kRst, stream.id(), 0});
    answer_dial(stream, outer.error());
    streams_.erase(stream.id());
    return;
  }
  answer_dial(stream, std::move(*outer));
}

void Session::accept_stream(Stream& stream, const std::string& line) {
  auto port = port_in(line, kConnect);
  bool wanted = port && incoming_.size() < kMaxIncoming && (listens_ ? listens_(*port) : role_ == Role::kServer);
  if (!wanted) return refuse(stream);
  auto outer = stream.establish();
  if (!outer.ok()) return refuse(stream);
  out_.push({Type::kWindowUpdate, kAck, stream.id(), kWindow - kInitialWindow});
  auto answer = concat(kOk, *port, "\n");
  stream.spend(answer.size());
  out_.push({Type::kData, 0, stream.id(), static_cast<uint32_t>(answer.size())}, answer);
  incoming_.push_back({*port, std::move(*outer)});
  changed_.notify_all();
}

Result<UniqueFd> Session::dial(uint32_t port) {
  MutexLock lock(mutex_);
  auto failed = [&](const Error& why) { return why.wrap(concat("dial port ", port)); };
  if (stopping_) return failed(Error::make(Code::kUnavailable, "the mux was shut down"));
  if (end_) return failed(*end_);
  if (going_away_) return failed(Error::make(Code::kUnavailable, "the other side goes away"));
  uint32_t id = next_id_;
  next_id_ += 2;
  Dial dial;
  streams_[id] = std::make_shared<Stream>(id, true);
  dials_[id] = &dial;
  auto line = concat(kConnect, port, "\n");
  streams_[id]->spend(line.size());
  out_.push({Type::kWindowUpdate, kSyn, id, kWindow - kInitialWindow});
  out_.push({Type::kData, 0, id, static_cast<uint32_t>(line.size())}, line);
  ignore(sys::signal_event(wake_.get()));  // only a full counter fails, which wakes as well
  changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return dial.outcome.has_value(); });
  if (!dial.outcome->ok()) return failed(dial.outcome->error());
  return std::move(*dial.outcome);
}

Result<Mux::Incoming> Session::accept() {
  MutexLock lock(mutex_);
  changed_.wait(mutex_, [this]() REQUIRES(mutex_) { return !incoming_.empty() || end_ || stopping_; });
  if (stopping_) return Error::make(Code::kUnavailable, "the mux was shut down");
  if (incoming_.empty()) return *end_;
  auto out = std::move(incoming_.front());
  incoming_.pop_front();
  return out;
}

}  // namespace kata::mux
