// Tables that are longer than a page, while what they show changes.

#include <protocols/ospf/show.h>
#include <protocols/ospf/testing.h>

#include <gtest/gtest.h>
#include <net/wire.h>

namespace xylem::ospf {
namespace {

using namespace testing;

constexpr uint COUNT = 1300;

constexpr Ip4Net external(uint number) { return Ip4Net(Ip4{0x14000000 + number * 256}, 24); }

struct World {
  // A router with many externals.
  Network network;
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl clock{kj::origin<Time>() + 2 * kj::HOURS};
  Cores cores;
  Router* router;

  World() {
    network.router();
    network.start();
    router = network.all[0].get();
    for (uint i = 0; i < COUNT; ++i) router->core->redistribute(external(i), External(), network.now);
    cores[Face::V2] = router->core.get();
  }

  std::pair<std::vector<uint32_t>, std::string> page(kj::StringPtr type, kj::StringPtr after) {
    // IDs, and where to go on.
    auto request = showOf(cores, clock).databaseRequest();
    request.setType(type);
    request.setAfter(after);
    auto answer = request.send().wait(scope);
    std::vector<uint32_t> ids;
    for (auto lsa : answer.getLsas()) ids.push_back(net::read(lsa.getId()).bits);
    return {ids, answer.getNext().cStr()};
  }
};

TEST(Show, ADatabaseIsWalkedInOrderAlthoughARowGoesBetweenTwoPages) {
  World world;
  auto [ids, next] = world.page("external", "");
  ASSERT_FALSE(next.empty());
  uint gone = uint(ids.size()) - 1;
  auto& mine = *world.router->core;
  mine.withdraw(external(gone), world.network.now + 1 * kj::MINUTES);
  while (!next.empty()) {
    auto [more, after] = world.page("external", next.c_str());
    ids.insert(ids.end(), more.begin(), more.end());
    next = after;
  }
  ASSERT_EQ(ids.size(), COUNT) << "the row that the next page begins behind is there no longer";
  for (uint i = 0; i < COUNT; ++i) EXPECT_EQ(ids[i], external(i).address().bits);
}

TEST(Show, ADatabaseIsWhollyWalkedOrOnlyAsFarAsAsked) {
  World world;
  size_t all = 0;
  std::string next;
  do {
    auto [ids, after] = world.page("", next.c_str());
    all += ids.size();
    next = after;
  } while (!next.empty());
  EXPECT_EQ(all, COUNT + 1) << "with its router LSA";
  EXPECT_EQ(world.page("router", "").first.size(), 1u);
  EXPECT_EQ(world.page("", "no place").first.size(), 0u);
}

}  // namespace
}  // namespace xylem::ospf
