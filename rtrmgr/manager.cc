// The router manager.
//
// Boot is a commit like any other, of the text of the configuration file. If that fails, the last configuration that
// was in force is committed instead; only when there is none does the manager give up. A commit with a time limit is
// saved when it is confirmed: should the manager die before that, the next one boots the old configuration.

#include <rtrmgr/manager.h>

#include <config/edit.h>
#include <config/syntax.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <pwd.h>
#include <rtrmgr/supervisor.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <xrl/log.h>

#include <cstdio>
#include <fstream>
#include <sstream>

namespace xylem::rtrmgr {

using namespace xrl;

namespace {

kj::Maybe<kj::String> readFile(kj::StringPtr path) {
  std::ifstream file(path.cStr());
  std::stringstream text;
  if (!(text << file.rdbuf())) return nullptr;
  return kj::str(text.str());
}

void replaceFile(kj::StringPtr path, kj::StringPtr text) {
  // Whole or not at all, whenever the power goes.
  auto fresh = kj::str(path, ".new");
  int fd;
  KJ_SYSCALL(fd = open(fresh.cStr(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0640), fresh);
  kj::AutoCloseFd file(fd);
  kj::FdOutputStream(file.get()).write(text.begin(), text.size());
  KJ_SYSCALL(fsync(file), fresh);
  KJ_SYSCALL(rename(fresh.cStr(), path.cStr()), path);
  auto slash = path.findLast('/');
  auto directory = slash.map([&](size_t at) { return kj::str(path.slice(0, at + 1)); }).orDefault(kj::str("."));
  KJ_SYSCALL(fd = open(directory.cStr(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), directory);
  kj::AutoCloseFd names(fd);
  KJ_SYSCALL(fsync(names), directory);
}

kj::String userName(uint32_t uid) {
  auto entry = getpwuid(uid);
  return entry == nullptr ? kj::str(uid) : kj::str(entry->pw_name);
}

constexpr size_t MAX_TEXT = 16 << 20;
// Bytes of a configuration.
constexpr size_t MOST_PROBLEMS = 1000;
// Told of one configuration.

kj::String textOf(capnp::Text::Reader text) {
  KJ_REQUIRE(text.size() <= MAX_TEXT, "the configuration is too large", text.size());
  return kj::str(text);
}

void fill(capnp::List<rtrmgr::wire::Problem>::Builder out, kj::ArrayPtr<const Problem> problems) {
  for (auto i : kj::indices(problems)) {
    out[i].setLine(problems[i].place.line);
    out[i].setColumn(problems[i].place.column);
    out[i].setPath(problems[i].path);
    out[i].setText(problems[i].text);
    out[i].setDaemon(problems[i].daemon);
  }
}

Program finderProgram(Router& router, const Arguments& arguments) {
  auto program = router.program("finder", false);
  program.arguments.add(kj::str("--listen"));
  program.arguments.add(kj::str(arguments.listen));
  program.descriptors.add(arguments.listen);
  return program;
}

kj::String printed(const Problem& problem) {
  auto place = problem.place.line > 0 ? kj::str(problem.place.line, ':', problem.place.column, ": ") : kj::str();
  return kj::str(place, problem.path, problem.path.size() > 0 ? ": " : "", problem.text);
}

}  // namespace

class Manager::ForAll final : public wire::Configuration::Server {
 public:
  ForAll(Manager& manager, kj::Own<Caller> caller) : manager(manager), caller(kj::mv(caller)) {}

 private:
  kj::Promise<void> schemas(SchemasContext context) override {
    auto& installed = manager.router.installed();
    auto list = context.getResults().initSchemas(installed.size());
    for (auto i : kj::indices(installed)) {
      list[i].setName(installed[i].name);
      list[i].setSchema(installed[i].schema);
    }
    return kj::READY_NOW;
  }
  kj::Promise<void> running(RunningContext context) override {
    context.getResults().setText(manager.visible(manager.router.running(), *caller));
    context.getResults().setGeneration(manager.router.generation());
    return kj::READY_NOW;
  }
  kj::Promise<void> rollback(RollbackContext context) override {
    uint number = context.getParams().getNumber();
    auto saved = KJ_REQUIRE_NONNULL(manager.store.load(number), "there is no rollback of that number", number);
    context.getResults().setText(manager.visible(saved.text, *caller));
    return kj::READY_NOW;
  }
  kj::Promise<void> history(HistoryContext context) override {
    auto commits = manager.store.history();
    auto list = context.getResults().initCommits(commits.size());
    for (auto i : kj::indices(commits)) {
      list[i].setNumber(i);
      list[i].setTime(commits[i].time);
      list[i].setUser(commits[i].user);
      list[i].setComment(commits[i].comment);
    }
    return kj::READY_NOW;
  }

  Manager& manager;
  kj::Own<Caller> caller;
};

class Manager::ForOperators final : public wire::Editor::Server {
 public:
  ForOperators(Manager& manager, kj::Own<Caller> caller) : manager(manager), caller(kj::mv(caller)) {}

 private:
  kj::Promise<void> check(CheckContext context) override {
    return manager.router.check(textOf(context.getParams().getText()))
        .then([context](kj::Vector<Problem>&& problems) mutable {
          auto told = problems.asPtr().slice(0, kj::min(problems.size(), MOST_PROBLEMS));
          fill(context.getResults().initProblems(told.size()), told);
        });
  }
  kj::Promise<void> commit(CommitContext context) override {
    auto params = context.getParams();
    kj::Promise<kj::Vector<Problem>> outcome =
        manager.commit(textOf(params.getText()), params.getBase(), userName(caller->uid), kj::str(params.getComment()),
                       params.getConfirm());
    return outcome.then([this, context](kj::Vector<Problem>&& problems) mutable {
      auto told = problems.asPtr().slice(0, kj::min(problems.size(), MOST_PROBLEMS));
      fill(context.getResults().initProblems(told.size()), told);
      context.getResults().setGeneration(manager.router.generation());
    });
  }
  kj::Promise<void> confirm(ConfirmContext) override {
    KJ_REQUIRE(manager.unconfirmed, "nothing waits to be confirmed");
    manager.confirm();
    return kj::READY_NOW;
  }
  kj::Promise<void> restart(RestartContext context) override {
    auto name = context.getParams().getName();
    auto& module = KJ_REQUIRE_NONNULL(manager.router.module(name), "no such daemon runs", name);
    log::info("restart asked for", "name", name, "user", userName(caller->uid));
    module.child.kill();
    return kj::READY_NOW;
  }

  Manager& manager;
  kj::Own<Caller> caller;
};

class Manager::AsStatus final : public Status<wire::State>::Server {
 public:
  explicit AsStatus(Manager& manager) : manager(manager) {}

 private:
  kj::Promise<void> state(StateContext context) override {
    auto state = context.getResults().initState();
    state.setGeneration(manager.router.generation());
    auto& modules = manager.router.modules();
    auto list = state.initModule(modules.size() + 1);
    describe(list[0], manager.finder, manager.finder.state());
    uint i = 1;
    for (auto& [name, module] : modules) describe(list[i++], module->child, module->state());
    return kj::READY_NOW;
  }
  static void describe(wire::State::Module::Builder out, const Child& child, kj::StringPtr state) {
    out.setName(child.name);
    out.setPid(child.pid());
    out.setState(state);
    out.setRestarts(child.restarts());
    out.setSince(child.since());
  }

  Manager& manager;
};

class Manager::Watcher final : public Finder::Watcher::Server {
  // Kills daemons that hang.
 public:
  explicit Watcher(Manager& manager) : manager(manager) {}

 private:
  kj::Promise<void> born(BornContext context) override {
    auto target = context.getParams().getTarget();
    std::string name = target.getName().cStr();
    if (target.getResponding()) {
      hanging.erase(name);
    } else if (hanging.count(name) == 0) {
      hanging.emplace(name, manager.loop.timer()
                                .afterDelay(HANG_PATIENCE)
                                .then([this, name]() {
                                  KJ_IF_MAYBE (module, manager.router.module(name.c_str())) {
                                    log::error("hangs, killed", "name", name.c_str());
                                    module->child.kill();
                                  }
                                })
                                .eagerlyEvaluate(nullptr));
    }
    return kj::READY_NOW;
  }
  kj::Promise<void> died(DiedContext context) override {
    hanging.erase(context.getParams().getName().cStr());
    return kj::READY_NOW;
  }

  Manager& manager;
  std::map<std::string, kj::Promise<void>> hanging;
};

Manager::Manager(Loop& loop, const Arguments& arguments, kj::ArrayPtr<const kj::byte> schema)
    : loop(loop),
      arguments(arguments),
      process(loop, kj::str(arguments.runDirectory), kj::str("rtrmgr"), schema),
      router(process, findInstalled(), arguments),
      finder(loop, kj::str("finder"), finderProgram(router, arguments)),
      files(filesIn(kj::str(arguments.rest[0], ".history"))),
      store(*files),
      tasks(*this) {
  process.offers->add<wire::Configuration>([this](Caller& caller) { return kj::heap<ForAll>(*this, caller.copy()); });
  process.offers->add<wire::Editor>([this](Caller& caller) { return kj::heap<ForOperators>(*this, caller.copy()); });
  process.offers->add<Status<wire::State>>([this](Caller&) { return kj::heap<AsStatus>(*this); });
  router.onStart = [this](Module& module) { admit(module); };
}

Manager::~Manager() noexcept(false) {}

Task<int> Manager::run() {
  finder.start();
  tasks.add(process.serve());
  tasks.add(process.attendFinder([this](Finder::Client finder) { return attendFinder(kj::mv(finder)); }));
  kj::Promise<bool> booting = boot();
  auto told = untilTold(loop, arguments).then([]() { return true; });
  auto either =
      booting.then([](bool booted) { return booted ? kj::Promise<bool>(kj::NEVER_DONE) : kj::Promise<bool>(false); })
          .exclusiveJoin(kj::mv(told));
  bool asTold = co_await kj::mv(either);
  log::info("router ends");
  auto stopped = router.stop();
  co_await kj::mv(stopped);
  auto last = finder.stop();
  co_await kj::mv(last);
  co_return asTold ? 0 : REFUSED;
}

Task<bool> Manager::boot() {
  auto began = loop.timer().now();
  kj::StringPtr path = arguments.rest[0];
  auto text = readFile(path);
  KJ_IF_MAYBE (wanted, text) {
    auto commit = router.commit(kj::str(*wanted));
    auto problems = co_await kj::mv(commit);
    for (auto& each : problems) log::error("configuration", "file", path, "problem", printed(each));
    if (problems.size() == 0) {
      auto saved = store.load();
      bool news = true;
      KJ_IF_MAYBE (last, saved) news = last->text != *wanted;
      if (news) store.save(*wanted, time(nullptr), userName(getuid()), "started from the file");
      log::info("router runs", "file", path, "ms", (loop.timer().now() - began) / kj::MILLISECONDS);
      co_return true;
    }
  } else {
    log::error("cannot read the configuration", "file", path);
  }
  auto saved = store.load();
  KJ_IF_MAYBE (last, saved) {
    auto commit = router.commit(kj::str(last->text));
    auto problems = co_await kj::mv(commit);
    for (auto& each : problems) log::error("last good configuration", "problem", printed(each));
    if (problems.size() == 0) {
      log::warn("router runs with its last good configuration", "of", last->commit.time);
      co_return true;
    }
  }
  co_return false;
}

kj::Promise<void> Manager::attendFinder(Finder::Client finder) {
  finderNow = finder;
  admissions.clear();
  for (auto& [name, module] : router.modules())
    if (module->child.pid() > 0) admit(*module);
  auto request = finder.watchRequest();
  request.setWatcher(kj::heap<Watcher>(*this));
  return request.send().then(
      [](auto&& response) { return kj::Promise<void>(kj::NEVER_DONE).attach(response.getWatch()); });
}

void Manager::admit(Module& module) {
  KJ_IF_MAYBE (finder, finderNow) {
    auto request = finder->admitRequest();
    request.setPid(module.child.pid());
    request.setName(module.name);
    admissions.insert_or_assign(module.name, request.send().getAdmission());
  }
}

Task<kj::Vector<Problem>> Manager::commit(kj::String text, uint64_t base, kj::String user, kj::String comment,
                                          uint32_t confirm) {
  auto attempt = router.commit(kj::mv(text), base);
  auto problems = co_await kj::mv(attempt);
  if (problems.size() > 0) co_return kj::mv(problems);
  log::info("committed", "user", user, "generation", router.generation(), "comment", comment);

  pendingUser = kj::mv(user);
  pendingComment = kj::mv(comment);
  if (confirm > 0) {
    if (!unconfirmed) beforeUnconfirmed = kj::str(router.replaced());
    unconfirmed = true;
    confirmation = kj::Promise<void>(awaitConfirmation(confirm)).eagerlyEvaluate([](kj::Exception&& problem) {
      log::error("cannot return to the previous configuration", "reason", problem.getDescription());
    });
  } else {
    this->confirm();
  }
  co_return kj::mv(problems);
}

void Manager::confirm() {
  unconfirmed = false;
  confirmation = nullptr;
  auto text = router.running();
  KJ_IF_MAYBE (own, router.own()) store.keep(own->config.get("rollbacks").as<uint8_t>());
  store.save(text, time(nullptr), pendingUser, pendingComment);
  replaceFile(arguments.rest[0], text);
}

Task<void> Manager::awaitConfirmation(uint32_t seconds) {
  co_await loop.timer().afterDelay(seconds * kj::SECONDS);
  log::warn("commit was not confirmed", "seconds", seconds);
  unconfirmed = false;
  auto back = router.commit(kj::mv(beforeUnconfirmed));
  auto problems = co_await kj::mv(back);
  for (auto& each : problems) log::error("previous configuration", "problem", printed(each));
}

kj::String Manager::visible(kj::StringPtr text, const Caller& caller) const {
  // What is secret is for those who may configure.
  if (caller.role >= Role::OPERATOR) return kj::str(text);
  auto parsed = config::parseBraces(text);
  auto masked = config::mask(router.grammar(), parsed.tree);
  return config::printBraces(masked.root());
}

void Manager::taskFailed(kj::Exception&& exception) { log::error("task failed", "reason", exception.getDescription()); }

}  // namespace xylem::rtrmgr
