// The stand-in itself, run against a real ttrpc server that plays the shim. Only for tests.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "cli/standin/fake_shim.h"
#include "cli/standin/order.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/ttrpc/server.h"

namespace kata::standin {

using std::chrono::seconds;

// The program under test, in the build tree.
const char* standin_program();

class StandinTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = std::make_unique<ttrpc::Server>();
    server_->add(shim_);
    auto sockets = *sys::socket_pair(SOCK_STREAM);
    connection_ = *sys::duplicate(sockets.first.get());
    ASSERT_TRUE(server_->serve_connection(std::move(sockets.first)).ok());
    socket_ = std::move(sockets.second);
    in_ = *sys::pipe();
    out_ = *sys::pipe();
    err_ = *sys::pipe();
    orders_ = *sys::socket_pair(SOCK_SEQPACKET);
    for (int fd : {in_.write.get(), out_.read.get(), err_.read.get()}) ASSERT_TRUE(sys::set_nonblocking(fd, true).ok());
  }

  void TearDown() override {
    if (child_.pid > 0) {
      ::kill(child_.pid, SIGKILL);
      ignore(sys::wait_child(child_.pid));
    }
    shim_.end(0);
    server_.reset();
  }

  void spawn(int in, int out, int err, const char* mode = "p", const char* exec_id = "") {
    sys::Spawn spawn;
    bool pipes = mode[0] == 'p';
    spawn.program = standin_program();
    spawn.argv = {"/bin/workload", "--its", "arguments"};
    spawn.in = in;
    spawn.out = out;
    spawn.err = err;
    spawn.descriptors = {
        {kOrders, orders_.second.get()}, {kShim, socket_.get()}, {kIn, in_.write.get()}, {kOut, out_.read.get()}};
    if (pipes) spawn.descriptors.push_back({kErr, err_.read.get()});
    spawn.namespaces = namespaces_;
    spawn.new_session = mode[0] == 'c';
    auto child = sys::spawn(spawn);
    ASSERT_TRUE(child.ok()) << child.error().message();
    child_ = std::move(child).value();
    // Ours would keep the other side from seeing the stand-in's end.
    for (auto* fd : {&orders_.second, &socket_, &in_.write, &out_.read, &err_.read}) fd->reset();
    Order order{.mode = mode[0], .id = "c1"};
    std::strncpy(order.exec_id, exec_id, sizeof order.exec_id - 1);
    ASSERT_TRUE(sys::write_all(orders_.first.get(), &order, sizeof order).ok());
    Answer answer = -1;
    ASSERT_TRUE(sys::read_exactly(orders_.first.get(), &answer, sizeof answer).ok());
    EXPECT_EQ(answer, 0);
  }
  void go() { ASSERT_TRUE(sys::write_all(orders_.first.get(), "g").ok()); }
  std::string about(const std::string& file) {
    return sys::read_file(concat("/proc/", child_.pid, "/", file)).value_or("");
  }

  sys::ExitStatus finish() {
    auto status = sys::wait_child_for(child_.pid, child_.pidfd.get(), seconds(60));
    EXPECT_TRUE(status.ok() && status->has_value()) << "the stand-in does not end";
    if (!status.ok() || !status->has_value()) return {-1};
    child_.pid = -1;
    return **status;
  }
  void close_output() {
    out_.write.reset();
    err_.write.reset();
  }

  FakeShim shim_;
  std::unique_ptr<ttrpc::Server> server_;
  UniqueFd socket_;      // the stand-in's end
  UniqueFd connection_;  // a copy of the shim's end
  sys::Pipe in_, out_, err_;
  std::pair<UniqueFd, UniqueFd> orders_;  // ours, and the stand-in's
  sys::Namespaces namespaces_;
  sys::Child child_;
};

}  // namespace kata::standin
