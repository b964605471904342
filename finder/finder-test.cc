#include <finder/testing.h>
#include <xrl/daemon.h>
#include <xrl/remote.h>

namespace xylem::finder {
namespace {

using namespace xrl;

struct Router : testing::Router {
  kj::Own<Process> process(kj::StringPtr name) {
    return kj::heap<Process>(loop, kj::str(directory), kj::str(name), nullptr);
  }
  Finder::Client finder(Process& process) { return process.finder().wait(loop.waitScope()); }
  std::set<std::string> names(Process& process) {
    std::set<std::string> out;
    auto answer = finder(process).targetsRequest().send().wait(loop.waitScope());
    for (auto target : answer.getTargets()) out.insert(target.getName().cStr());
    return out;
  }
};

TEST(Finder, ATargetIsFoundFromItsRegistrationToItsDeath) {
  Router router;
  auto tool = router.process("");
  EXPECT_EQ(router.names(*tool), (std::set<std::string>{"finder"}));
  {
    auto a = router.process("a");
    auto serving = a->serve().eagerlyEvaluate(nullptr);
    router.until([&]() { return router.names(*tool).count("a") == 1; });
  }
  router.until([&]() { return router.names(*tool).count("a") == 0; });
}

TEST(Finder, AMissingTargetIsAnErrorOrIsWaitedFor) {
  Router router;
  auto tool = router.process("");
  auto refused =
      tool->connect("late", false)
          .then([](auto&&) { return kj::str(); }, [](kj::Exception&& e) { return kj::str(e.getDescription()); });
  EXPECT_NE(refused.wait(router.loop.waitScope()).findFirst('n'), nullptr);
  bool connected = false;
  auto waiting = tool->connect("late", true).then([&](auto&&) { connected = true; }).eagerlyEvaluate(nullptr);
  router.names(*tool);
  EXPECT_FALSE(connected);
  auto late = router.process("late");
  auto serving = late->serve().eagerlyEvaluate(nullptr);
  router.until([&]() { return connected; });
}

TEST(Finder, ANameBelongsToOne) {
  Router router;
  auto a = router.process("a"), b = router.process("a"), tool = router.process("");
  auto first = a->serve().eagerlyEvaluate(nullptr);
  router.until([&]() { return router.names(*tool).count("a") == 1; });
  auto finder = router.finder(*b);
  struct None final : public Target::Server {};
  for (auto name : {"a", "finder", "Upper", "", "sp ace"}) {
    auto request = finder.registerRequest();
    request.setName(name);
    request.setTarget(kj::heap<None>());
    EXPECT_ANY_THROW(request.send().wait(router.loop.waitScope())) << name;
  }
}

TEST(Finder, WatchersHearOfBirthsAndDeaths) {
  Router router;
  struct Ear final : public Finder::Watcher::Server {
    explicit Ear(std::vector<std::string>& heard) : heard(heard) {}
    kj::Promise<void> born(BornContext context) override {
      heard.push_back(std::string("+") + context.getParams().getTarget().getName().cStr());
      return kj::READY_NOW;
    }
    kj::Promise<void> died(DiedContext context) override {
      heard.push_back(std::string("-") + context.getParams().getName().cStr());
      return kj::READY_NOW;
    }
    std::vector<std::string>& heard;
  };
  std::vector<std::string> heard;
  auto tool = router.process("");
  auto request = router.finder(*tool).watchRequest();
  request.setWatcher(kj::heap<Ear>(heard));
  auto watch = request.send().wait(router.loop.waitScope()).getWatch();
  router.until([&]() { return heard == std::vector<std::string>{"+finder"}; });
  {
    auto a = router.process("a");
    auto serving = a->serve().eagerlyEvaluate(nullptr);
    router.until([&]() { return heard.size() == 2; });
  }
  router.until([&]() { return heard.size() == 3; });
  EXPECT_EQ(heard, (std::vector<std::string>{"+finder", "+a", "-a"}));
}

TEST(Finder, RegistrationsReturnAfterTheFinderDied) {
  Router router;
  auto a = router.process("a"), tool = router.process("");
  auto serving = a->serve().eagerlyEvaluate(nullptr);
  router.until([&]() { return router.names(*tool).count("a") == 1; });
  auto connection = tool->connect("a", true).wait(router.loop.waitScope());
  router.stop();
  connection->bootstrap().castAs<Services>().describeRequest().send().wait(router.loop.waitScope());
  router.start();
  router.until([&]() { return router.names(*tool).count("a") == 1; });
  EXPECT_TRUE(connection->caller().connected);
}

TEST(Finder, ATargetMayDieAtAnyPointOfAnIntroduction) {
  // So many times has the loop slept, and so many events has it run since, when the target dies.
  int connected = 0;
  for (int sleeps = 0; sleeps < 6; ++sleeps)
    for (int events = 0; events < 12; ++events) {
      Router router;
      auto a = router.process("a"), tool = router.process("");
      auto serving = a->serve().eagerlyEvaluate(nullptr);
      router.until([&]() { return router.names(*tool).count("a") == 1; });
      auto asked = tool->connect("a", false).then([&](auto&&) { ++connected; }, [](kj::Exception&&) {});
      auto asking = asked.eagerlyEvaluate(nullptr);
      for (int i = 0; i < sleeps; ++i) router.loop.timer().afterDelay(0 * kj::SECONDS).wait(router.loop.waitScope());
      for (int i = 0; i < events; ++i) kj::evalLater([]() {}).wait(router.loop.waitScope());
      serving = nullptr;
      a = nullptr;
      router.until([&]() { return router.names(*tool).count("a") == 0; });
    }
  EXPECT_GT(connected, 0);
  EXPECT_LT(connected, 6 * 12);
}

TEST(Finder, ARemoteStartsOverWhenTheOtherSideIsBack) {
  Router router;
  auto a = router.process("a");
  auto serving = a->serve().eagerlyEvaluate(nullptr);
  int sessions = 0, ended = 0;
  Remote<Finder::Watcher> remote(*a, "b", [&](Finder::Watcher::Client) -> kj::Promise<void> {
    ++sessions;
    return kj::Promise<void>(kj::NEVER_DONE).attach(kj::defer([&]() { ++ended; }));
  });
  for (int round = 1; round <= 3; ++round) {
    auto b = router.process("b");
    auto serving = b->serve().eagerlyEvaluate(nullptr);
    router.until([&]() { return sessions == round; });
    EXPECT_EQ(ended, round - 1);
    serving = nullptr;
    b->stop();
    b = nullptr;
    router.until([&]() { return ended == round; });
  }
}

TEST(Finder, WhatATargetWantsIsKnownWheneverItSaysSo) {
  Router router;
  auto a = router.process("a"), tool = router.process("");
  a->wants("early");
  auto serving = a->serve().eagerlyEvaluate(nullptr);
  auto wants = [&]() {
    std::set<std::string> out;
    auto answer = router.finder(*tool).targetsRequest().send().wait(router.loop.waitScope());
    for (auto target : answer.getTargets())
      if (target.getName() == "a")
        for (auto want : target.getWants()) out.insert(want.cStr());
    return out;
  };
  router.until([&]() { return wants() == std::set<std::string>{"early"}; });
  a->wants("late");
  router.until([&]() { return wants() == std::set<std::string>{"early", "late"}; });
}

TEST(Finder, AnInterfaceIsForThoseWhoMayHaveIt) {
  Router router;
  auto offers = kj::refcounted<Offers>(nullptr);
  offers->add<Target>([](Caller&) -> Target::Client { return nullptr; });
  struct Silent final : public Status<Problem>::Server {};
  offers->add<Status<Problem>>([](Caller&) { return kj::heap<Silent>(); });
  for (auto role : {Role::GUEST, Role::OPERATOR, Role::DAEMON, Role::MANAGER}) {
    auto caller = kj::refcounted<Caller>();
    caller->role = role;
    auto services = offers->to(kj::mv(caller));
    auto names = services.describeRequest().send().wait(router.loop.waitScope());
    EXPECT_EQ(names.getInterfaces().size(), role >= Role::DAEMON ? 2 : 1);
    auto request = services.getRequest();
    request.setInterface("Target");
    if (role >= Role::DAEMON)
      request.send().wait(router.loop.waitScope());
    else
      EXPECT_ANY_THROW(request.send().wait(router.loop.waitScope()));
  }
}

}  // namespace
}  // namespace xylem::finder
