#include "runtime/sandbox/process.h"

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "runtime/sandbox/logger.h"

namespace kata {

namespace {

// How long output may stand still before it is given up. Only counted where nobody may wait for ever.
constexpr std::chrono::seconds kStandstill{5};
// What an exec'd process wrote before its end is read at once; what comes later is its children's.
constexpr std::chrono::seconds kChildrensStandstill{2};
constexpr std::chrono::milliseconds kLongestPoll{100};

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

std::string_view state_name(const Life& life) {
  return std::visit(Overloaded{[](const Creating&) { return std::string_view("created"); },
                               [](const Created&) { return std::string_view("created"); },
                               [](const Starting&) { return std::string_view("created"); },
                               [](const Running&) { return std::string_view("running"); },
                               [](const Paused&) { return std::string_view("paused"); },
                               [](const Stopped&) { return std::string_view("stopped"); }},
                    life);
}

Process::Process(ProcessId id, Stdio stdio, pid_t standin)
    : id_(std::move(id)), stdio_(std::move(stdio)), standin_(standin) {}

Process::~Process() {
  outputs_.clear();  // closes the logging program's pipes
  if (logger_) end_logger(*logger_);
}

Result<> Process::open_outputs(const std::string& name_space) {
  if (is_logger(stdio_.out)) {
    auto logger = TRY(start_logger(stdio_.out, id_.container, name_space));
    auto out = std::make_unique<Sink>(std::move(logger.out), Sink::HangUp::kDropped, cancel_);
    auto err = std::make_unique<Sink>(std::move(logger.err), Sink::HangUp::kDropped, cancel_);
    outputs_.push_back(std::make_shared<OutputCopier>(id_, Output::kStdout, std::move(out)));
    if (!stdio_.terminal) {
      outputs_.push_back(std::make_shared<OutputCopier>(id_, Output::kStderr, std::move(err)));
    }
    logger_ = std::move(logger.child);
    return {};
  }
  auto out = TRY(Sink::open(stdio_.out, cancel_));
  outputs_.push_back(std::make_shared<OutputCopier>(id_, Output::kStdout, std::move(out)));
  if (!stdio_.terminal) {
    auto err = TRY(Sink::open(stdio_.err, cancel_));
    outputs_.push_back(std::make_shared<OutputCopier>(id_, Output::kStderr, std::move(err)));
  }
  return {};
}

Result<> Process::open_stdio(const std::string& name_space) {
  cancel_ = TRY(Cancel::create());
  TRY(open_outputs(name_space));
  auto in = TRY(Source::open(stdio_.in, cancel_));
  input_ = std::make_shared<InputCopier>(id_, std::move(in));
  return {};
}

Result<> Process::start_copiers(AgentClient& agent, Threads& threads) {
  copying_ = true;
  for (const auto& output : outputs_) {
    TRY(threads.run("output", [self = shared_from_this(), output, &agent] {
      output->run(agent);
      self->output_ended();
    }));
  }
  return threads.run("input", [input = input_, &agent] { input->run(agent); });
}

Result<> Process::watch(AgentClient& agent, Threads& threads, Watch watch) {
  return threads.run("wait", [self = shared_from_this(), &agent, watch = std::move(watch)] {
    ExitInfo exit;
    if (agent.forgets_waited()) self->read_to_the_end();
    auto end = agent.wait_process(self->id_);
    exit.at = std::chrono::system_clock::now();
    if (end) {
      exit.status = end->status;
      exit.oom_kills = end->oom_kills;
    } else {
      auto death = watch.died();
      exit.status = death ? 128 + 9 : 255;
      exit.cause = death ? death->message() : end.error().message();
      self->bound_drain();
    }
    self->wait_until_started();
    self->drain();
    if (watch.before_news) watch.before_news(exit);
    self->stop_and_tell(std::move(exit), watch.ended);
  });
}

// The news of the creation and of the start go out before those of the end.
void Process::wait_until_started() {
  MutexLock lock(mutex_);
  changed_.wait(mutex_, [&]() REQUIRES(mutex_) {
    return !std::holds_alternative<Creating>(life_) && !std::holds_alternative<Starting>(life_);
  });
}

void Process::output_ended() {
  MutexLock lock(mutex_);
  changed_.notify_all();
}

bool Process::drained() const {
  for (const auto& output : outputs_) {
    if (!output->done()) return false;
  }
  return true;
}

// Waits until all that hold the output have closed it and the reader has it; after a SIGKILL, and after the machine's
// end, as drain() does.
void Process::read_to_the_end() {
  {
    MutexLock lock(mutex_);
    auto over = [&]() REQUIRES(mutex_) { return drain_bounded_ || std::holds_alternative<Stopped>(life_); };
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return over() || (copying_ && drained()); });
    if (std::holds_alternative<Stopped>(life_)) return;
  }
  drain();
}

// Waits for the output to reach its reader.
void Process::drain() {
  if (!copying_) return;
  using Clock = std::chrono::steady_clock;
  auto since = Clock::now();
  uint64_t before = 0;
  std::chrono::milliseconds pause{1};
  while (!drained()) {
    uint64_t now = 0;
    bool only_children = !is_init();
    for (const auto& output : outputs_) {
      now += output->progress();
      only_children = only_children && (output->done() || output->awaits_guest());
    }
    if (now != before) since = Clock::now();
    before = now;
    MutexLock lock(mutex_);
    auto still = Clock::now() - since;
    if ((drain_bounded_ && still > kStandstill) || (only_children && still > kChildrensStandstill)) break;
    changed_.wait_for(mutex_, pause);
    pause = std::min(pause * 2, kLongestPoll);
  }
  if (drained()) return;
  cancel_->now();
  for (const auto& output : outputs_) output->abandon();
}

Life Process::life() const {
  MutexLock lock(mutex_);
  return life_;
}

void Process::wait_until(LifeTest done, std::chrono::milliseconds limit) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  while (!done(life_)) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    changed_.wait_for(mutex_, left);
  }
}

Life Process::settled_life(std::chrono::milliseconds limit) {
  MutexLock lock(mutex_);
  wait_until([](const Life& life) { return !std::holds_alternative<Starting>(life); }, limit);
  return life_;
}

void Process::created() {
  MutexLock lock(mutex_);
  if (std::holds_alternative<Creating>(life_)) life_ = Created{};
  changed_.notify_all();
}

Result<> Process::begin_start() {
  MutexLock lock(mutex_);
  if (!std::holds_alternative<Created>(life_)) {
    auto state = std::holds_alternative<Starting>(life_)   ? std::string_view("being started")
                 : std::holds_alternative<Creating>(life_) ? std::string_view("being created")
                                                           : state_name(life_);
    return Error::make(Code::kFailedPrecondition,
                       concat("cannot start ", id_.exec, ": it is ", state, ", not created"));
  }
  life_ = Starting{};
  return {};
}

void Process::started() {
  MutexLock lock(mutex_);
  if (std::holds_alternative<Starting>(life_)) life_ = Running{};
  changed_.notify_all();
}

Result<> Process::paused() {
  MutexLock lock(mutex_);
  if (!std::holds_alternative<Running>(life_)) {
    return Error::make(Code::kFailedPrecondition, concat(id_.exec, " is ", state_name(life_)));
  }
  life_ = Paused{};
  return {};
}

Result<> Process::resumed() {
  MutexLock lock(mutex_);
  if (!std::holds_alternative<Paused>(life_)) {
    return Error::make(Code::kFailedPrecondition, concat(id_.exec, " is ", state_name(life_)));
  }
  life_ = Running{};
  return {};
}

Result<> Process::expect_alive(std::string_view operation) const {
  MutexLock lock(mutex_);
  if (!std::holds_alternative<Creating>(life_) && !std::holds_alternative<Stopped>(life_)) return {};
  auto state = std::holds_alternative<Creating>(life_) ? std::string_view("being created") : state_name(life_);
  return Error::make(Code::kFailedPrecondition,
                     concat("cannot ", operation, " ", id_.exec, ": it is ", state, ", not running"));
}

void Process::close_streams() {
  if (cancel_) cancel_->now();  // first: a writer that waits holds its sink
  for (const auto& output : outputs_) output->abandon();
}

bool Process::stop(ExitInfo exit) {
  close_streams();
  MutexLock lock(mutex_);
  if (std::holds_alternative<Stopped>(life_)) return false;
  life_ = Stopped{std::move(exit)};
  changed_.notify_all();
  return true;
}

void Process::stop_and_tell(ExitInfo exit, const std::function<void(const ExitInfo&)>& ended) {
  close_streams();
  MutexLock lock(mutex_);
  if (std::holds_alternative<Stopped>(life_)) return;
  life_ = Stopped{exit};
  telling_ = true;
  changed_.notify_all();
  lock.unlock();
  ended(exit);
  lock.lock();
  telling_ = false;
  changed_.notify_all();
}

void Process::wait_until_told() {
  MutexLock lock(mutex_);
  changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return !telling_; });
}

void Process::bound_drain() {
  MutexLock lock(mutex_);
  drain_bounded_ = true;
  changed_.notify_all();
}

void Process::close_stdin() {
  if (input_) input_->release();
}

void Process::wait_for_end(std::chrono::milliseconds limit) {
  MutexLock lock(mutex_);
  auto over = [](const Life& life) {
    return std::holds_alternative<Stopped>(life) || std::holds_alternative<Created>(life);
  };
  wait_until(over, limit);
}

bool Process::stopped_within(std::chrono::milliseconds limit) {
  MutexLock lock(mutex_);
  wait_until([](const Life& life) { return std::holds_alternative<Stopped>(life); }, limit);
  return std::holds_alternative<Stopped>(life_);
}

ExitInfo Process::wait() {
  MutexLock lock(mutex_);
  changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return std::holds_alternative<Stopped>(life_); });
  return std::get<Stopped>(life_).exit;
}

}  // namespace kata
