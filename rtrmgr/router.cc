// The transaction, step by step:
//
//   1. Text to one message per daemon; all errors of the grammar at once.
//   2. Daemons that the configuration needs and that do not run are started.
//   3. Each daemon whose part differs from what it has checks it, all in parallel. Up to here nothing has changed but
//      started processes, which are stopped again if there is a problem.
//   4. By rank, and in parallel within a rank, each of them commits. If one fails, it and those before it are told
//      what they had before, in the opposite order.
//   5. Whoever is no longer needed is retired; everybody is told that all is settled.
//
// A daemon that dies within SHORTLY of the commit has failed it.

#include <rtrmgr/router.h>

#include <config/diff.h>
#include <config/edit.h>
#include <config/syntax.h>
#include <kj/debug.h>
#include <unistd.h>
#include <xrl/log.h>

#include <fstream>

namespace xylem::rtrmgr {

using namespace xrl;

namespace {

constexpr auto SHORTLY = 100 * kj::MILLISECONDS;
constexpr kj::StringPtr SELF = "rtrmgr"_kj;

constexpr uint32_t FIRST_USER = 61184, USERS = 4096;
// The range that others, too, hand out to services without an account.

bool isMapped(uint32_t user) {
  std::ifstream map("/proc/self/uid_map");
  for (uint64_t inside, outside, count; map >> inside >> outside >> count;)
    if (user >= inside && user - inside < count) return true;
  return false;
}

uint32_t userOf(kj::StringPtr name) {
  uint32_t hash = 2166136261;
  for (char c : name) hash = (hash ^ uint8_t(c)) * 16777619;
  return FIRST_USER + hash % USERS;
}

}  // namespace

struct Router::Plan {
  // What a transaction is about to do.
  config::Tree tree;
  kj::Vector<Problem> problems;

  struct Part {
    Module* module;
    kj::Own<Told> told;
    kj::Maybe<kj::Own<Told>> before;
    // What the daemon has now; null for one that is new.
    uint32_t deaths = 0;
    bool touched = false;
    // To commit; even if it failed, it may have changed.
  };
  kj::Vector<Part> parts;
  // Daemons whose configuration differs, by rank.
  kj::Maybe<kj::Own<Told>> self;
  kj::Vector<kj::StringPtr> needed;

  void complain(const Part& part, kj::StringPtr path, kj::StringPtr text) {
    auto& daemon = *part.told->message.daemon;
    auto whole = daemon.locate(path);
    auto place = config::placeOf(tree, whole);
    problems.add(Problem{place, kj::mv(whole), kj::str(text), kj::str(daemon.name)});
  }
};

namespace {

kj::Array<const kj::byte> borrowed(kj::ArrayPtr<const kj::byte> bytes) {
  return kj::Array<const kj::byte>(bytes.begin(), bytes.size(), kj::NullArrayDisposer::instance);
}

}  // namespace

Router::Router(Process& process, kj::Vector<Installed> installed, const Arguments& arguments)
    : process(process),
      programs(kj::mv(installed)),
      arguments(arguments),
      busy(kj::Promise<void>(kj::READY_NOW).fork()) {
  for (auto& each : programs)
    KJ_IF_MAYBE (problem, statements.add(each.name, borrowed(each.schema)))
      log::error("schema is unusable", "daemon", each.name, "reason", *problem);
}

Router::~Router() noexcept(false) {}

Program Router::program(kj::StringPtr name, bool privileged) const {
  Program program;
  for (auto& each : programs)
    if (each.name == name) program.path = kj::str(each.path);
  auto lifeline = kj::str(arguments.lifeline);
  for (kj::StringPtr word : {"--run"_kj, kj::StringPtr(process.runDirectory), "--lifeline"_kj, kj::StringPtr(lifeline),
                             "--log"_kj, kj::StringPtr(arguments.level)})
    program.arguments.add(kj::str(word));
  program.descriptors.add(arguments.lifeline);
  program.directory = kj::str(process.runDirectory, "/", name, ".d");
  program.pidFile = kj::str(process.runDirectory, "/", name, ".pid");
  if (!privileged && getuid() == 0) {
    program.user = userOf(name);
    // In a user namespace with few users.
    program.powerless = !isMapped(userOf(name));
    if (program.powerless) program.user = nullptr;
  }
  return program;
}

Module& Router::moduleFor(const config::Grammar::Daemon& daemon) {
  auto& module = daemons[daemon.name];
  if (module.get() == nullptr) {
    module = kj::heap<Module>(process, kj::str(daemon.name), program(daemon.name, daemon.privileged));
    module->child.onStart = [this, module = module.get()]() { onStart(*module); };
  }
  return *module;
}

kj::Maybe<Module&> Router::module(kj::StringPtr name) {
  auto entry = daemons.find(name);
  if (entry == daemons.end()) return nullptr;
  return *entry->second;
}

kj::Maybe<config::Message&> Router::own() {
  return self.map([](kj::Own<Told>& told) -> config::Message& { return told->message; });
}

Router::Plan Router::plan(kj::StringPtr text) {
  Plan plan;
  auto note = [&](kj::Vector<config::Problem>& found) {
    for (auto& each : found) plan.problems.add(Problem{each.place, kj::mv(each.path), kj::mv(each.text), kj::str()});
  };
  auto loaded = config::load(statements, text);
  note(loaded.problems);
  plan.tree = kj::mv(loaded.tree);
  auto checked = config::check(statements, plan.tree);
  note(checked.errors);
  if (plan.problems.size() > 0) return plan;

  for (auto& message : checked.messages) {
    auto& daemon = *message.daemon;
    auto config = message.config;
    auto told = kj::refcounted<Told>(kj::mv(message), number + 1);
    if (daemon.name == SELF) {
      plan.self = kj::mv(told);
      continue;
    }
    plan.needed.add(daemon.name);
    auto& module = moduleFor(daemon);
    Plan::Part part{&module, kj::mv(told), nullptr, module.deaths()};
    KJ_IF_MAYBE (before, module.told()) {
      if (config::same(daemon, before->message.config, config)) continue;
      part.before = kj::addRef(*before);
    }
    plan.parts.add(kj::mv(part));
  }
  return plan;
}

kj::Promise<kj::Vector<Problem>> Router::check(kj::StringPtr text) { return checkNow(kj::str(text)); }

Task<kj::Vector<Problem>> Router::checkNow(kj::String text) {
  auto before = busy.addBranch();
  co_await kj::mv(before);
  auto plan = this->plan(text);
  if (plan.problems.size() == 0) {
    auto checked = checkAll(plan);
    co_await kj::mv(checked);
    auto stopped = stopUnneeded();
    co_await kj::mv(stopped);
  }
  co_return kj::mv(plan.problems);
}

kj::Promise<kj::Vector<Problem>> Router::commit(kj::String text, uint64_t base) {
  // The next one waits for this, however it ends.
  auto before = busy.addBranch();
  auto over = kj::newPromiseAndFulfiller<void>();
  busy = over.promise.fork();
  return before
      .then([this, text = kj::mv(text), base]() mutable -> kj::Promise<kj::Vector<Problem>> {
        return commitNow(kj::mv(text), base);
      })
      .attach(kj::defer([over = kj::mv(over.fulfiller)]() mutable { over->fulfill(); }));
}

Task<kj::Vector<Problem>> Router::commitNow(kj::String wanted, uint64_t base) {
  if (base != 0 && base != number) {
    kj::Vector<Problem> problems;
    problems.add(Problem{{},
                         kj::str(),
                         kj::str("somebody else has committed since this was edited: generation ", number,
                                 " is in force, not ", base, "; edit it anew"),
                         kj::str()});
    co_return kj::mv(problems);
  }
  auto plan = this->plan(wanted);
  if (plan.problems.size() == 0) {
    auto checked = checkAll(plan);
    co_await kj::mv(checked);
  }
  if (plan.problems.size() == 0) {
    auto committed = commitAll(plan);
    co_await kj::mv(committed);
  }
  if (plan.problems.size() == 0) {
    former = kj::mv(text);
    text = kj::mv(wanted);
    ++number;
    self = kj::mv(plan.self);
    for (auto& [name, module] : daemons) {
      bool needed = false;
      for (auto each : plan.needed) needed = needed || each == name;
      if (!needed) module->forget();
    }
  }
  auto stopped = stopUnneeded();
  co_await kj::mv(stopped);
  if (plan.problems.size() == 0) {
    auto settled = settleAll(number);
    co_await kj::mv(settled);
  }
  co_return kj::mv(plan.problems);
}

kj::Promise<void> Router::checkAll(Plan& plan) {
  auto answers = kj::heapArrayBuilder<kj::Promise<void>>(plan.parts.size());
  for (auto& part : plan.parts) {
    part.module->start();
    answers.add(part.module->check(*part.told).then([&plan, &part](kj::Vector<Complaint>&& complaints) {
      for (auto& each : complaints) plan.complain(part, each.path, each.text);
    }));
  }
  return kj::joinPromises(answers.finish());
}

Task<void> Router::commitAll(Plan& plan) {
  for (size_t begin = 0, end; begin < plan.parts.size() && plan.problems.size() == 0; begin = end) {
    auto rank = [&](size_t i) { return plan.parts[i].told->message.daemon->rank; };
    for (end = begin; end < plan.parts.size() && rank(end) == rank(begin);) ++end;
    auto answers = kj::heapArrayBuilder<kj::Promise<void>>(end - begin);
    for (auto& part : plan.parts.asPtr().slice(begin, end)) {
      part.deaths = part.module->deaths();
      part.touched = true;
      answers.add(part.module->commit(kj::addRef(*part.told)).then([&plan, &part](kj::Maybe<kj::String>&& failure) {
        KJ_IF_MAYBE (reason, failure)
          plan.complain(part, "", kj::str(part.module->name, " failed to commit: ", *reason));
      }));
    }
    auto joined = kj::joinPromises(answers.finish());
    co_await kj::mv(joined);
  }
  if (number > 0 && plan.parts.size() > 0 && plan.problems.size() == 0) {
    co_await process.loop.timer().afterDelay(SHORTLY);
    for (auto& part : plan.parts)
      KJ_IF_MAYBE (reason, part.module->died(part.deaths))
        plan.complain(part, "", kj::str(part.module->name, " crashes on this configuration: ", *reason));
  }
  if (plan.problems.size() > 0) {
    auto undone = undo(plan);
    co_await kj::mv(undone);
  }
}

Task<void> Router::undo(Plan& plan) {
  for (size_t i = plan.parts.size(); i-- > 0;) {
    auto& part = plan.parts[i];
    if (!part.touched || part.before == nullptr) {
      if (part.before == nullptr) part.module->forget();
      continue;
    }
    auto again = part.module->restore(kj::mv(part.before));
    auto failure = co_await kj::mv(again);
    KJ_IF_MAYBE (reason, failure)
      log::error("previous configuration is refused", "name", part.module->name, "reason", *reason);
  }
}

kj::Promise<void> Router::stopUnneeded() {
  // Those for whom nothing is in force.
  kj::Vector<kj::Promise<void>> stopped;
  for (auto& [name, module] : daemons)
    if (module->told() == nullptr) stopped.add(module->stop(true));
  return kj::joinPromises(stopped.releaseAsArray());
}

kj::Promise<void> Router::settleAll(uint64_t generation) {
  kj::Vector<kj::Promise<void>> told;
  for (auto& [name, module] : daemons) told.add(module->settled(generation));
  return kj::joinPromises(told.releaseAsArray());
}

kj::Promise<void> Router::stop() {
  auto plane = module("fea").map([](Module& fea) { return fea.retire(); });
  auto first = kj::mv(plane).orDefault(kj::Promise<void>(kj::READY_NOW));
  return first
      .then([this]() {
        kj::Vector<kj::Promise<void>> stopped;
        for (auto& [name, module] : daemons)
          if (name != "fea") stopped.add(module->stop(true));
        return kj::joinPromises(stopped.releaseAsArray());
      })
      .then([this]() {
        auto last = module("fea").map([](Module& fea) { return fea.stop(false); });
        return kj::mv(last).orDefault(kj::Promise<void>(kj::READY_NOW));
      });
}

}  // namespace xylem::rtrmgr
