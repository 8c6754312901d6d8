// Moves a process's streams between the agent and the host. Each copier runs on a thread of its own and
// holds at most one piece of data, so a slow reader stops the workload and not the host's memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "runtime/agent_client/agent_client.h"
#include "runtime/sandbox/stdio.h"

namespace kata {

// A piece of output per call: above a pipe's 64 KiB, well below ttrpc's 4 MiB.
inline constexpr uint32_t kOutputPiece = 256U << 10U;
inline constexpr size_t kInputPiece = 64U << 10U;
// A stream that carried so much in calls gets a connection of its own, where the agent has them: several times as fast,
// but opening one costs what a few short calls do.
inline constexpr size_t kEnoughForConnection = 512U << 10U;

class OutputCopier {
 public:
  OutputCopier(ProcessId id, Output which, std::unique_ptr<Sink> sink)
      : id_(std::move(id)), which_(which), sink_(std::move(sink)) {}

  // Until the stream ends, its reader goes, or the streams are cancelled; then closes the sink.
  void run(AgentClient& agent);

  bool done() const { return done_; }
  // Grows with each piece: a number that stands still is a copier that waits.
  uint64_t progress() const { return progress_; }
  // True while it waits for the guest, false while it waits for the reader.
  bool awaits_guest() const { return awaits_guest_; }
  // The reader sees the end now, whatever the guest still holds open.
  void abandon();

 private:
  bool pass_on(AgentClient& agent, std::string_view data);
  void call(AgentClient& agent);
  void carry(UniqueFd connection);

  const ProcessId id_;
  const Output which_;
  std::unique_ptr<Sink> sink_;
  std::atomic<bool> done_ = false;
  std::atomic<bool> abandoned_ = false;
  std::atomic<bool> awaits_guest_ = false;
  std::atomic<uint64_t> progress_ = 0;
};

class InputCopier {
 public:
  InputCopier(ProcessId id, std::unique_ptr<Source> source) : id_(std::move(id)), source_(std::move(source)) {}

  // Until the end of the input, which closes the workload's, or until the workload takes no more.
  void run(AgentClient& agent);
  void release() { source_->release(); }

 private:
  bool pass_on(AgentClient& agent, std::string_view data);
  bool call(AgentClient& agent);

  const ProcessId id_;
  std::unique_ptr<Source> source_;
};

}  // namespace kata
