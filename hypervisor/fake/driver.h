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

// The keys of [hypervisor.fake]: `flavour`, a text, and `depth`, a number from 1 to 9.
struct FakeSettings final : Settings {
  std::string flavour = "plain";
  uint32_t depth = 1;
  std::unique_ptr<Settings> clone() const override { return std::make_unique<FakeSettings>(*this); }
};

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
  // What check_host() finds; nothing, unless a test says otherwise.
  void find_on_host(std::vector<Finding> findings);
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
  std::span<const OwnKey> keys() const override;
  std::unique_ptr<Settings> settings() const override { return std::make_unique<FakeSettings>(); }
  std::string_view program() const override { return "cat"; }
  std::string how_to_install() const override { return "apt-get install coreutils"; }
  Result<std::string> version(const std::string& path) const override;
  std::vector<Finding> check_host(const VmConfig& config) const override;
  uint64_t overhead_mib() const override { return 8; }
  Result<std::unique_ptr<Vm>> create(VmConfig config) const override;
  Result<std::string> clone_key(const VmConfig& config) const override;

  struct State;

 private:
  const std::string name_;
  const std::shared_ptr<State> state_;
};

}  // namespace kata::hypervisor
