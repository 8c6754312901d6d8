// What is left of a device that QEMU refuses: nothing. The test plays QEMU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>
#include <vector>

#include "hypervisor/qemu/hot_plug.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"

namespace kata::hypervisor {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr std::chrono::milliseconds kPatience(60000);

// Refuses the commands that hold `refused`, and accepts every other one.
class RefusingQemu {
 public:
  RefusingQemu() {
    auto pair = sys::socket_pair(SOCK_STREAM).value();
    far_ = std::move(pair.first);
    qmp_ = std::make_unique<Qmp>(std::move(pair.second));
    reader_ = std::thread([this] {
      while (qmp_->receive()) {
      }
    });
    answers_ = std::thread([this] { answer(); });
  }
  ~RefusingQemu() { end(); }

  Qmp& qmp() { return *qmp_; }
  // All that was asked; QEMU is gone then.
  std::vector<std::string> end() {
    if (reader_.joinable()) {
      ::shutdown(far_.get(), SHUT_RDWR);
      reader_.join();
      answers_.join();
    }
    return asked_;
  }
  std::atomic<const char*> refused = "nothing";

 private:
  void answer() {
    std::string line;
    char c = 0;
    for (int id = 1; sys::read_some(far_.get(), &c, 1).value_or(0) == 1;) {
      if (c != '\n') {
        line += c;
        continue;
      }
      asked_.push_back(line);
      bool refuse = line.find(refused.load()) != std::string::npos;
      auto body = refuse ? R"("error": {"class": "GenericError", "desc": "no"})" : R"("return": {})";
      if (!sys::write_all(far_.get(), concat("{", body, ", \"id\": ", id++, "}\n")).ok()) return;
      line.clear();
    }
  }

  UniqueFd far_;
  std::unique_ptr<Qmp> qmp_;
  std::vector<std::string> asked_;
  std::thread reader_, answers_;
};

TEST(HotPlugUndo, ASharedDirectoryThatIsRefusedTakesNoPlace) {
  BridgeSlots slots(1);
  RefusingQemu qemu;
  HotPlug hot_plug(qemu.qmp(), slots, {kPatience, kPatience});
  SharedDirectory directory{.kind = SharedDirectory::Kind::kVirtioFs, .tag = "files", .path = "", .socket = "/s"};
  qemu.refused = "device_add";
  EXPECT_THAT(hot_plug.attach(directory).error().text(), HasSubstr("QEMU refused device_add"));
  qemu.refused = "chardev-add";
  EXPECT_THAT(hot_plug.attach(directory).error().text(), HasSubstr("QEMU refused chardev-add"));
  EXPECT_EQ(slots.take()->slot, BridgeSlots::kFirst) << "the first place is free again";
  EXPECT_THAT(qemu.end(), Contains(HasSubstr("chardev-remove")));
}

}  // namespace
}  // namespace kata::hypervisor
