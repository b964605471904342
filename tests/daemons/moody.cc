// A daemon that does as badly as it is told, for tests of the router manager.

#include <kj/debug.h>
#include <tests/daemons/moody.capnp.h>
#include <unistd.h>
#include <xrl/run.h>

namespace xylem::moody {

class Moody final : public xrl::Configured<Config, State> {
 public:
  using Mood = Config::Mood;

  explicit Moody(xrl::Process& process) : Configured(process) {}

  void check(Config::Reader config, xrl::Problems& problems) override {
    if (config.getMood() == Mood::PICKY) problems.add(kj::str("value ", config.getValue()), kj::str("not to my taste"));
    if (config.getMood() == Mood::LYING) {
      auto text = kj::heapString(32 << 20);
      memset(text.begin(), 'x', text.size());
      problems.add(kj::str("no such statement"), kj::mv(text));
    }
  }

  kj::Maybe<kj::String> whyRestart(Config::Reader config) override {
    if (config.getMood() == Mood::FRESH && commits > 0) return kj::str("a fresh start is needed");
    return nullptr;
  }

  xrl::Task<void> commit(Config::Reader config) override {
    auto mood = config.getMood();
    auto wanted = config.getValue();
    KJ_REQUIRE(mood != Mood::STUBBORN, "I would rather not");
    if (mood == Mood::CRASHING) _exit(42);
    if (mood == Mood::HANGING) co_await kj::Promise<void>(kj::NEVER_DONE);
    value = wanted;
    ++commits;
    KJ_REQUIRE(mood != Mood::HALFHEARTED, "that is enough");
    if (mood == Mood::FRAGILE)
      breaking =
          process.loop.timer().afterDelay(10 * kj::MILLISECONDS).then([]() { _exit(43); }).eagerlyEvaluate(nullptr);
  }

  void settled(uint64_t generation) override { lastSettled = generation; }

  void state(State::Builder state) override {
    state.setValue(value);
    state.setCommits(commits);
    state.setSettled(lastSettled);
  }

 private:
  uint32_t value = 0, commits = 0;
  uint64_t lastSettled = 0;
  kj::Promise<void> breaking = nullptr;
};

}  // namespace xylem::moody

int main(int argc, char** argv) { return xylem::xrl::run<xylem::moody::Moody>("moody", argc, argv); }
