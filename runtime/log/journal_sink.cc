// journald's native protocol: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <memory>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "runtime/log/datagram.h"
#include "runtime/log/format.h"
#include "runtime/log/sinks.h"

namespace kata::log {

namespace {

constexpr size_t kMaxName = 64;  // bytes that journald accepts

// Upper-case letters, digits and underscores, the first a letter.
std::string journal_name(std::string_view name) {
  std::string out;
  for (char c : name.substr(0, kMaxName)) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    out.push_back((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_');
  }
  bool taken = out == "MESSAGE" || out == "PRIORITY" || out == "SUBSYSTEM" || out == "SYSLOG_IDENTIFIER";
  bool letter_first = !out.empty() && out[0] >= 'A' && out[0] <= 'Z';
  return taken || !letter_first ? ("KATA_" + out).substr(0, kMaxName) : out;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name);
  if (value.find('\n') == std::string_view::npos) {
    out.append("=");
  } else {  // the length, in 8 bytes, little-endian
    out.append("\n");
    uint64_t size = value.size();
    for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>((size >> shift) & 0xffU));
  }
  out.append(value).append("\n");
}

std::string entry_of(const Event& event) {
  std::string out;
  append_field(out, "MESSAGE", event.message);
  append_field(out, "PRIORITY", std::to_string(syslog_severity(event.level)));
  append_field(out, "SYSLOG_IDENTIFIER", "kata");
  append_field(out, "SUBSYSTEM", event.subsystem);
  for (const auto& [name, value] : event.fields) append_field(out, journal_name(name), value);
  return out;
}

// What does not fit into a datagram goes in a file in memory that nobody can change any more.
void send_large(const Datagram& socket, std::string_view entry) {
  auto file = sys::memory_file("kata-log", MFD_ALLOW_SEALING);
  if (!file || !sys::write_all(file->get(), entry)) return;
  if (fcntl(file->get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) return;
  socket.send_fd(file->get());
}

}  // namespace

Result<Sink> journal_sink(const std::string& socket) {
  auto daemon = std::make_shared<Datagram>(TRY_WRAP(Datagram::create(socket), "journald"));
  return Sink([daemon](const Event& event) {
    auto entry = entry_of(event);
    auto failed = daemon->send(entry);
    if (failed == EMSGSIZE || failed == ENOBUFS) send_large(*daemon, entry);
  });
}

}  // namespace kata::log
