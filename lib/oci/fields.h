// The shorthand in which the messages are described, and the descriptions that others contain.
// A description is called describe(Walker&, Message&), finds the message as `m` and the walker as `w`.
#pragma once

#include <utility>

#include "lib/oci/walker.h"
#include "lib/proto/oci.pb.h"

// FIELD("cwd", cwd): JSON key, then the message's accessor.
#define FIELD(key, name, ...) \
  w.scalar(                   \
      key, m.name(), [&](auto value) { m.set_##name(std::move(value)); }, ##__VA_ARGS__)
#define MESSAGE(key, name) \
  w.message(               \
      key, m.has_##name(), [&]() -> auto& { return *m.mutable_##name(); })
#define MESSAGES(key, name) w.messages(key, *m.mutable_##name())
#define VALUES(key, name, ...) w.values(key, *m.mutable_##name(), ##__VA_ARGS__)
#define MAP(key, name) w.map(key, *m.mutable_##name())
#define MESSAGE_MAP(key, name) w.message_map(key, *m.mutable_##name())

namespace kata::oci {

inline constexpr char kNoSelinux[] =
    "the guest has no SELinux policy; on a host with SELinux, it confines the virtual machine";

void describe(Walker& w, grpc::Spec& m);
void describe(Walker& w, grpc::Process& m);
void describe(Walker& w, grpc::Linux& m);
void describe(Walker& w, grpc::LinuxResources& m);
void describe(Walker& w, grpc::LinuxSeccomp& m);
void describe(Walker& w, grpc::LinuxIDMapping& m);

}  // namespace kata::oci
