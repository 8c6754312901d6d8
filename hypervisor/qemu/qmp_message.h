// One line of QEMU's machine protocol. What QEMU sends is treated as hostile: a guest that broke out
// into QEMU can write here.
// https://www.qemu.org/docs/master/interop/qmp-spec.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::hypervisor {

struct QmpMessage {
  enum class Kind { kGreeting, kReply, kError, kEvent };
  Kind kind = Kind::kGreeting;
  uint64_t id = 0;     // reply and error; 0 when it carried none
  std::string name;    // event: its name; error: its class ("DeviceNotFound")
  std::string text;    // error: its description; greeting: QEMU's version; event: data.msg
  std::string data;    // reply: "return"; event: "data"; as JSON
  std::string reason;  // event: data.reason (SHUTDOWN)
  std::string device;  // event: the id of the device that it is about; empty: none, or one without an id
};

inline constexpr size_t kMaxQmpLine = 1U << 20U;

// Errors: not JSON, nested too deeply, too long, or no message of the protocol.
Result<QmpMessage> parse_qmp(std::string_view line);

// A command line to send, newline included. `arguments`: a JSON object, or empty.
std::string qmp_command(std::string_view name, uint64_t id, std::string_view arguments = {});

}  // namespace kata::hypervisor
