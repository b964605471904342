// A node that died is started again after a tenth of a second, and twice as long each time that it does not live for
// ten seconds. What it had in memory is lost; its links, addresses and files are there.

#include <slice/process.h>

#include <kj/debug.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace xylem::slice {

using xrl::Task;

namespace {

constexpr auto FIRST_PAUSE = 100 * kj::MILLISECONDS, LONGEST_PAUSE = 10 * kj::SECONDS, STABLE = 10 * kj::SECONDS;
constexpr auto TERM_PATIENCE = 5 * kj::SECONDS, LOOK = 10 * kj::MILLISECONDS;
constexpr uint32_t HOPELESS = 3;

std::string describe(int status) {
  if (WIFSIGNALED(status)) return std::string("killed by signal ") + strsignal(WTERMSIG(status));
  auto code = WEXITSTATUS(status);
  if (code > 128) return std::string("killed by signal ") + strsignal(code - 128);
  return "ended with status " + std::to_string(code);
}

bool says(const std::string& log, uint64_t from, const std::string& sign) {
  std::ifstream file(log);
  file.seekg(std::streamoff(from));
  for (std::string line; std::getline(file, line);)
    if (line.find(sign) != std::string::npos) return true;
  return false;
}

}  // namespace

const char* word(Process::State state) {
  constexpr const char* WORDS[] = {"stopped", "starting", "up", "waiting"};
  return WORDS[state];
}

Process::Process(xrl::Loop& loop, kj::Function<Launch()> prepare, std::string sign)
    : loop(loop), prepare(kj::mv(prepare)), sign(std::move(sign)) {}

Process::~Process() noexcept(false) {
  if (now > 0) kill(now, SIGKILL);
}

void Process::become(State state) {
  bool differs = current != state;
  current = state;
  tellSettled();
  if (differs) onChange(*this);
}

bool Process::isSettled() const { return current == UP || current == STOPPED || failures >= HOPELESS; }

void Process::tellSettled() {
  if (!isSettled()) return;
  for (auto& each : waiting) each->fulfill();
  waiting.clear();
}

void Process::start() {
  if (isWanted && current != STOPPED) return;
  isWanted = true;
  failures = 0;
  if (current != STOPPED) return;
  over = kj::Promise<void>(live()).fork();
  living = over.addBranch().eagerlyEvaluate(nullptr);
}

Process::Log Process::tryLaunch() {
  // It may lack its namespace, say, if somebody has removed that.
  Log log;
  auto fault = kj::runCatchingExceptions([&]() {
    auto launched = prepare();
    std::error_code none;
    auto printed = std::filesystem::file_size(launched.log, none);
    log = {launched.log, none ? 0 : printed};
    now = launch(launched);
  });
  KJ_IF_MAYBE (problem, fault) lastDeath = problem->getDescription().cStr();
  return log;
}

Task<void> Process::live() {
  auto pause = FIRST_PAUSE;
  while (isWanted) {
    auto began = loop.timer().now();
    int status = 0;
    auto log = tryLaunch();
    if (now == 0) {
      ++failures;
      become(WAITING);
      auto waited = loop.timer().afterDelay(LONGEST_PAUSE);
      co_await kj::mv(waited);
      continue;
    }
    become(STARTING);
    kj::Promise<void> ready = awaitReady(log.file, log.size);
    auto watching = ready.eagerlyEvaluate(nullptr);
    auto exit = loop.onExit(now);
    status = co_await kj::mv(exit);
    watching = nullptr;
    now = 0;
    if (!isWanted) break;
    ++deaths;
    lastDeath = describe(status);
    pause = loop.timer().now() - began > STABLE ? FIRST_PAUSE : std::min(pause * 2, LONGEST_PAUSE);
    failures = current == UP ? 0 : failures + 1;
    become(WAITING);
    auto waited = loop.timer().afterDelay(pause);
    co_await kj::mv(waited);
  }
  become(STOPPED);
}

Task<void> Process::awaitReady(std::string log, uint64_t from) {
  while (!says(log, from, sign)) {
    auto waited = loop.timer().afterDelay(LOOK);
    co_await kj::mv(waited);
  }
  become(UP);
}

void Process::end() {
  isWanted = false;
  if (now > 0) kill(now, SIGKILL);
  // One that waits to be started again is over at once.
  if (now == 0 && current != STOPPED) {
    living = nullptr;
    over = kj::Promise<void>(kj::READY_NOW).fork();
    current = STOPPED;
    tellSettled();
  }
}

kj::Promise<void> Process::gone() { return current == STOPPED ? kj::Promise<void>(kj::READY_NOW) : over.addBranch(); }

kj::Promise<void> Process::stop() {
  if (current == STOPPED || now == 0) {
    end();
    become(STOPPED);
    return kj::READY_NOW;
  }
  isWanted = false;
  kill(now, SIGTERM);
  return gone().exclusiveJoin(loop.timer().afterDelay(TERM_PATIENCE).then([this]() {
    end();
    return gone();
  }));
}

kj::Promise<void> Process::up() {
  if (isSettled()) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  waiting.add(kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

}  // namespace xylem::slice
