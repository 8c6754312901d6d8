// A driver for tests, which starts no guest. Each of its steps can be held, released and made to fail (steps.h); the
// test plays the agent at the other end of what is dialled. Registered as any other: Registered fake(driver);
//
//   FakeDriver driver;
//   driver.steps().hold(Step::kStart);
//   … create a sandbox in another thread …
//   ASSERT_TRUE(driver.steps().wait_for(Step::kStart));
//   … what the test is about …
//   driver.steps().release(Step::kStart);
//
// A machine that was started has a real process (cat, which waits for the end of its input), so whoever signals,
// journals or watches it does what it would do to a VMM. It ends with the test's process, whatever becomes of that.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hypervisor/driver.h"
#include "hypervisor/fake/steps.h"

namespace kata::hypervisor {

// Thread-safe. Its machines may outlive it.
class FakeDriver : public Driver {
 public:
  explicit FakeDriver(std::string name = "fake");
  ~FakeDriver() override;  // releases every step

  Steps& steps() const;

  // What the driver and its machines say that they can do; everything, unless a test says otherwise.
  void set_capabilities(const Capabilities& capabilities);
  // Called by dial() with the far end of a new stream, in the thread that dials: it must return soon. Without it, a
  // dial waits until the machine ends, as with a guest that never comes up.
  void serve(std::function<void(uint32_t port, UniqueFd stream)> agent);
  // What console_tail() says.
  void set_console(std::vector<std::string> lines);

  // Every machine that runs ends now, of this cause.
  void die(const Error& cause) const;

  // What was asked of the driver and its machines, oldest first: "create s1", "start", "dial 1024", "attach disk0",
  // "detach disk0", "resize 2 1024", "pause", "resume", "save /directory", "stop".
  std::vector<std::string> log() const;
  // The configurations that machines were made of, oldest first.
  std::vector<VmConfig> configurations() const;
  // Machines whose process was not stopped yet.
  int running() const;

  std::string_view name() const override { return name_; }
  Capabilities capabilities() const override;
  Result<std::unique_ptr<Vm>> create(VmConfig config) const override;
  Result<std::string> clone_key(const VmConfig& config) const override;

  struct State;

 private:
  const std::string name_;
  const std::shared_ptr<State> state_;
};

}  // namespace kata::hypervisor
