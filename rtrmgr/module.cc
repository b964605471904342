// Modules.
//
// There are two conversations: the one that brings a fresh process to the configuration in force (converse), and the
// transaction's (check, commit). They do not mix: the transaction waits until the module is ready, and if the process
// dies under it, the module goes back to what was in force before.

#include <rtrmgr/module.h>

#include <capnp/dynamic.h>
#include <kj/debug.h>
#include <xrl/fault.h>
#include <xrl/log.h>

namespace xylem::rtrmgr {

using namespace xrl;

namespace {

constexpr auto PAUSE = 100 * kj::MILLISECONDS;
constexpr auto DEATH_PATIENCE = 1 * kj::SECONDS;
// Between the end of a connection and the news of the process's death.

constexpr size_t MOST_COMPLAINTS = 1000, LONGEST_COMPLAINT = 1000;

kj::String clip(kj::StringPtr text) {
  if (text.size() <= LONGEST_COMPLAINT) return kj::str(text);
  return kj::str(text.slice(0, LONGEST_COMPLAINT), "...");
}

}  // namespace

Module::Module(Process& process, kj::String moduleName, Program program)
    : name(kj::mv(moduleName)), child(process.loop, kj::str(name), kj::mv(program)), process(process) {
  awaitSession();
  child.onDeath = [this](kj::StringPtr reason) {
    ++deathCount;
    lastDeath = kj::str(reason);
  };
}

Module::~Module() noexcept(false) {}

void Module::start() {
  child.start();
  if (attended) return;
  attended = true;
  attending = kj::Promise<void>(attend()).eagerlyEvaluate([this](kj::Exception&& problem) {
    log::error("lost touch with module", "name", name, "reason", explain(problem));
  });
}

Task<void> Module::attend() {
  for (;;) {
    kj::Promise<void> conversation = converse();
    auto kept = conversation.catch_([this](kj::Exception&& problem) -> kj::Promise<void> {
      if (problem.getType() == kj::Exception::Type::DISCONNECTED) return kj::READY_NOW;
      log::warn("module is not configured", "name", name, "reason", explain(problem));
      return process.loop.timer().afterDelay(PAUSE);
    });
    co_await kj::mv(kept);
    part();
  }
}

void Module::part() {
  // Who becomes `ready` from now on has the next process.
  if (session == nullptr) return;
  session = nullptr;
  awaitSession();
}

void Module::awaitSession() {
  auto paf = kj::newPromiseAndFulfiller<void>();
  opened = paf.promise.fork();
  opening = kj::mv(paf.fulfiller);
}

Task<void> Module::converse() {
  auto connection = co_await process.connect(name, true);
  auto request = connection->bootstrap().castAs<Services>().getRequest();
  request.setInterface("Daemon");
  auto response = co_await request.send();
  auto daemon = response.getService().castAs<Daemon<>>();
  KJ_IF_MAYBE (told, inForce) {
    auto replayed = kj::addRef(**told);
    auto telling = tell(daemon, *replayed);
    trouble = co_await kj::mv(telling);
    KJ_IF_MAYBE (reason, trouble) KJ_FAIL_REQUIRE("the configuration in force is refused", *reason);
    auto request = daemon.settledRequest();
    request.setGeneration(replayed->generation);
    co_await request.send().ignoreResult();
  }
  trouble = nullptr;
  session = daemon;
  opening->fulfill();
  co_await connection->onDisconnect();
}

kj::Promise<Module::Client> Module::ready() {
  auto late =
      process.loop.timer().afterDelay(READY_PATIENCE).then([this]() { KJ_FAIL_REQUIRE("is not ready", state()); });
  return opened.addBranch().exclusiveJoin(kj::mv(late)).then([this]() {
    return KJ_REQUIRE_NONNULL(session, "has died");
  });
}

kj::Promise<kj::Maybe<kj::String>> Module::tell(Client daemon, Told& told) {
  // Null when done; otherwise why the daemon wants to be restarted. Other failures are exceptions.
  auto request = daemon.commitRequest();
  request.getConfig().setAs<capnp::DynamicStruct>(told.message.config);
  request.setGeneration(told.generation);
  return process.loop.timer().timeoutAfter(COMMIT_PATIENCE,
                                           request.send().then([](auto&& response) -> kj::Maybe<kj::String> {
                                             if (response.getRestart().size() > 0)
                                               return kj::str(response.getRestart());
                                             return nullptr;
                                           }));
}

kj::Promise<kj::Vector<Complaint>> Module::check(Told& told) {
  auto answer = ready().then([&told](Client daemon) {
    auto request = daemon.checkRequest();
    request.getConfig().setAs<capnp::DynamicStruct>(told.message.config);
    return request.send();
  });
  auto deaths = deathCount;
  return process.loop.timer()
      .timeoutAfter(READY_PATIENCE + CHECK_PATIENCE, kj::mv(answer))
      .then(
          [](auto&& response) {
            kj::Vector<Complaint> complaints;
            for (auto problem : response.getProblems())
              if (complaints.size() < MOST_COMPLAINTS)
                complaints.add(Complaint{clip(problem.getPath()), clip(problem.getText())});
            return complaints;
          },
          [this, deaths](kj::Exception&& problem) {
            kj::Vector<Complaint> complaints;
            auto reason = died(deaths).orDefault(explain(problem));
            complaints.add(Complaint{kj::str(), kj::str(name, " cannot check this configuration: ", reason)});
            return complaints;
          });
}

kj::Promise<kj::Maybe<kj::String>> Module::commit(kj::Own<Told> told) { return commitNow(kj::mv(told)); }

Task<kj::Maybe<kj::String>> Module::commitNow(kj::Own<Told> told) {
  auto deaths = deathCount;
  auto attempt = ready().then([this, &told](Client daemon) { return tell(kj::mv(daemon), *told); });
  kj::Maybe<kj::Exception> fault;
  auto caught = attempt.catch_([&fault](kj::Exception&& problem) -> kj::Maybe<kj::String> {
    fault = kj::mv(problem);
    return nullptr;
  });
  auto restart = co_await kj::mv(caught);
  KJ_IF_MAYBE (problem, fault) {
    if (problem->getType() == kj::Exception::Type::OVERLOADED) child.kill();
    auto reason = whyGone(kj::mv(*problem));
    auto why = co_await kj::mv(reason);
    co_return kj::mv(why);
  }
  auto before = kj::mv(inForce);
  inForce = kj::mv(told);
  KJ_IF_MAYBE (reason, restart) {
    log::info("restarted for its configuration", "name", name, "reason", *reason);
    auto stopped = child.stop();
    co_await kj::mv(stopped);
    part();
    start();
    auto again = ready().then([](Client) { return kj::Maybe<kj::String>(nullptr); });
    auto outcome = again.catch_([this, deaths](kj::Exception&& problem) -> kj::Maybe<kj::String> {
      KJ_IF_MAYBE (reason, died(deaths)) return kj::mv(*reason);
      return explain(problem);
    });
    auto failure = co_await kj::mv(outcome);
    if (failure != nullptr) inForce = kj::mv(before);
    co_return kj::mv(failure);
  }
  co_return nullptr;
}

kj::Promise<kj::Maybe<kj::String>> Module::whyGone(kj::Exception&& problem) {
  // A connection's end is told as the death that it most likely is, once that is known.
  auto description = explain(problem);
  if (problem.getType() != kj::Exception::Type::DISCONNECTED && problem.getType() != kj::Exception::Type::OVERLOADED)
    return kj::Maybe<kj::String>(kj::mv(description));
  return process.loop.timer().afterDelay(PAUSE).then(
      [this, description = kj::mv(description)]() mutable -> kj::Maybe<kj::String> {
        if (lastDeath.size() > 0) return kj::str("crashed: ", lastDeath);
        return kj::mv(description);
      });
}

kj::Promise<void> Module::settled(uint64_t generation) {
  KJ_IF_MAYBE (daemon, session) {
    auto request = daemon->settledRequest();
    request.setGeneration(generation);
    return process.loop.timer().timeoutAfter(CHECK_PATIENCE, request.send().ignoreResult()).catch_([](kj::Exception&&) {
    });
  }
  return kj::READY_NOW;
}

kj::Promise<void> Module::retire() {
  inForce = nullptr;
  KJ_IF_MAYBE (daemon, session) {
    return process.loop.timer()
        .timeoutAfter(CHECK_PATIENCE, daemon->retireRequest().send().ignoreResult())
        .catch_([](kj::Exception&&) {});
  }
  return kj::READY_NOW;
}

kj::Promise<void> Module::stop(bool retiring) {
  auto told = retiring ? retire() : kj::Promise<void>(kj::READY_NOW);
  return told.then([this]() { return child.stop(); }).then([this]() {
    attending = nullptr;
    attended = false;
    part();
  });
}

kj::Promise<kj::Maybe<kj::String>> Module::restore(kj::Maybe<kj::Own<Told>> before) {
  inForce = kj::mv(before);
  auto done = ready().then([this](Client daemon) -> kj::Promise<kj::Maybe<kj::String>> {
    KJ_IF_MAYBE (told, inForce) return tell(kj::mv(daemon), **told);
    return kj::Maybe<kj::String>(nullptr);
  });
  return done.catch_([](kj::Exception&& problem) -> kj::Maybe<kj::String> { return explain(problem); });
}

kj::Maybe<Told&> Module::told() {
  return inForce.map([](kj::Own<Told>& told) -> Told& { return *told; });
}

void Module::forget() { inForce = nullptr; }

kj::Maybe<kj::String> Module::died(uint32_t since) const {
  if (deathCount > since) return kj::str(lastDeath);
  return nullptr;
}

kj::String Module::state() const {
  if (child.pid() == 0) return child.state();
  if (session != nullptr) return kj::str("running");
  KJ_IF_MAYBE (reason, trouble) return kj::str("failing: ", *reason);
  return kj::str("starting");
}

}  // namespace xylem::rtrmgr
