#include "cli/process/standin_process.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/standin/order.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"
#include "runtime/config/config.h"

namespace kata::cli {

namespace {

constexpr char kEndedEarly[] = "the stand-in ended before the container was started";
// An engine's list of processes is worth no more of every container's memory.
constexpr size_t kMostArguments = 32U << 10U;

char letter(StandinMode mode) {
  switch (mode) {
    case StandinMode::kPipes:
      return 'p';
    case StandinMode::kTerminal:
      return 't';
    default:
      return 'c';
  }
}

std::vector<std::string> shown(const std::vector<std::string>& arguments) {
  std::vector<std::string> out;
  size_t size = 0;
  for (const auto& one : arguments) {
    size += one.size() + 1;
    if (size > kMostArguments) break;
    out.push_back(one);
  }
  if (out.empty()) out.emplace_back("kata-standin");
  return out;
}

sys::Spawn prepare(const StandinPlan& plan, int orders, int shim, const Streams& streams) {
  sys::Spawn spawn;
  spawn.program = config::libexec_directory() + "/kata-standin";
  spawn.argv = shown(plan.arguments);
  spawn.env = {{"KATA_CONTAINER=" + plan.id}};  // for who looks for it: its arguments are not its own
  spawn.directory = "/";
  bool console = plan.mode == StandinMode::kConsole;
  spawn.in = console ? plan.console : 0;
  spawn.out = console ? plan.console : 1;
  spawn.err = console ? plan.console : 2;
  spawn.descriptors = {{standin::kOrders, orders}, {standin::kShim, shim}};
  auto give = [&](int number, const UniqueFd& fd) {
    if (fd) spawn.descriptors.push_back({number, fd.get()});
  };
  give(standin::kIn, streams.in);
  give(standin::kOut, streams.out);
  give(standin::kErr, streams.err);
  give(standin::kMounts, plan.where.mounts);
  spawn.namespaces = plan.where.namespaces;
  spawn.new_session = plan.detached || console;
  spawn.die_with_parent = !plan.detached;
  return spawn;
}

standin::Order order_of(const StandinPlan& plan) {
  standin::Order order{.mode = letter(plan.mode), .own_cgroups = plan.where.own_cgroups};
  plan.id.copy(order.id, sizeof order.id - 1);
  plan.exec_id.copy(order.exec_id, sizeof order.exec_id - 1);
  return order;
}

Result<> give_order(int orders, const StandinPlan& plan) {
  auto order = order_of(plan);
  TRY_WRAP(sys::write_all(orders, &order, sizeof order), kEndedEarly);
  standin::Answer answer = 0;
  TRY_WRAP(sys::read_exactly(orders, &answer, sizeof answer), kEndedEarly);
  if (answer != 0) return Error::sys(answer, "enter the container's mount namespace");
  return {};
}

}  // namespace

Result<UniqueFd> choose_console(StandinPlan& plan, const std::string& socket, const std::string& path,
                                const ConsoleSize& size) {
  plan.mode = StandinMode::kTerminal;
  UniqueFd out;
  if (!socket.empty()) out = TRY(send_console(socket, size));
  if (!path.empty()) out = TRY(sys::open(path, O_RDWR | O_NOCTTY));
  if (out) plan.mode = StandinMode::kConsole;
  plan.console = out.get();
  return out;
}

Terminal terminal_of(const StandinPlan& plan) {
  if (plan.detached || plan.mode == StandinMode::kConsole) return Terminal::kOther;
  return ::isatty(0) == 1 || ::isatty(1) == 1 || ::isatty(2) == 1 ? Terminal::kUsers : Terminal::kOther;
}

Result<Standin> Standin::spawn(const StandinPlan& plan, const std::string& shim_socket, Streams& streams) {
  auto shim = TRY_WRAP(sys::unix_connect(shim_socket), "connecting the stand-in to the shim");
  auto orders = TRY(sys::socket_pair(SOCK_SEQPACKET));
  auto child = TRY_WRAP(sys::spawn(prepare(plan, orders.second.get(), shim.get(), streams)), "starting the stand-in");
  streams.in.reset();
  streams.out.reset();
  streams.err.reset();
  orders.second.reset();
  Standin out(std::move(child), std::move(orders.first));
  TRY(give_order(out.orders_.get(), plan));
  return out;
}

Standin::~Standin() {
  if (child_.pid <= 0 || !child_.pidfd) return;            // let go, waited for, or moved from
  ignore(sys::pidfd_signal(child_.pidfd.get(), SIGKILL));  // gone already is as good
  ignore(sys::wait_child(child_.pid));
}

Result<> Standin::go() {
  TRY_WRAP(sys::write_all(orders_.get(), "g"), kEndedEarly);
  orders_.reset();
  return {};
}

Result<sys::ExitStatus> Standin::wait() {
  auto status = TRY(sys::wait_child(child_.pid));
  child_.pid = -1;
  return status;
}

}  // namespace kata::cli
