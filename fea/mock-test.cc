#include <fea/mock.h>
#include <fea/testing.h>

namespace xylem::fea {
namespace {

using testing::Batch;
using Table = std::map<std::string, std::string>;

class MockPlane : public ::testing::Test {
 protected:
  ~MockPlane() noexcept override {}
  void SetUp() override {
    set("v0");
    set("w0");
  }
  void set(const char* name, bool running = true) {
    Link link;
    link.name = kj::str(name);
    link.up = link.running = running;
    mock.setLink(kj::mv(link));
  }
  void push(Batch& batch) { mock.push(batch.done()).wait(scope); }

  xrl::Loop loop;
  kj::WaitScope& scope = loop.waitScope();
  testing::Heard heard;
  Mock mock{heard};
};

TEST_F(MockPlane, HoldsRoutes) {
  mock.beginSync().wait(scope);
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}, {"10.0.0.3", "w0", 3}}).blackhole(2).unreachable(3).group(4, {{"", "w0"}});
  batch.route("192.0.2.0/24", 1).route("2001:db8::/32", 2).route("0.0.0.0/0", 3).route("20.0.0.0/8", 4);
  push(batch);
  EXPECT_EQ((Table{{"0.0.0.0/0", "unreachable"},
                   {"192.0.2.0/24", "via 10.0.0.2 dev v0 weight 1, via 10.0.0.3 dev w0 weight 3"},
                   {"20.0.0.0/8", "dev w0 weight 1"},
                   {"2001:db8::/32", "blackhole"}}),
            mock.table());
  set("v0", false);
  set("w0", false);
  EXPECT_EQ(2u, mock.table().size());
  set("w0");
  EXPECT_EQ("via 10.0.0.3 dev w0 weight 3", mock.table()["192.0.2.0/24"]);
  Batch change;
  change.group(1, {{"10.0.0.9", "w0"}}).group(4, {}).route("20.0.0.0/8", 0).route("0.0.0.0/0", 2);
  push(change);
  EXPECT_EQ((Table{{"0.0.0.0/0", "blackhole"},
                   {"192.0.2.0/24", "via 10.0.0.9 dev w0 weight 1"},
                   {"2001:db8::/32", "blackhole"}}),
            mock.table());
}

TEST_F(MockPlane, NextWriterConfirmsAndSweeps) {
  mock.beginSync().wait(scope);
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 1).route("20.0.0.0/8", 1).route("21.0.0.0/8", 1);
  push(batch);
  mock.synced().wait(scope);
  EXPECT_EQ(3u, mock.counters().installs);
  mock.beginSync().wait(scope);
  EXPECT_EQ(3u, mock.counters().stale);
  EXPECT_TRUE(mock.isStale("20.0.0.0/8"));
  EXPECT_EQ(3u, mock.table().size());
  Batch again;
  again.group(7, {{"10.0.0.2", "v0"}}).blackhole(8).route("192.0.2.0/24", 7).route("21.0.0.0/8", 8);
  push(again);
  mock.synced().wait(scope);
  EXPECT_EQ(4u, mock.counters().installs);
  EXPECT_EQ((Table{{"192.0.2.0/24", "via 10.0.0.2 dev v0 weight 1"}, {"21.0.0.0/8", "blackhole"}}), mock.table());
  mock.beginSync().wait(scope);
  mock.synced().wait(scope);
  EXPECT_EQ(Table{}, mock.table());
}

TEST_F(MockPlane, KeepsTheRulesOfABatch) {
  Batch early;
  early.blackhole(1);
  EXPECT_ANY_THROW(push(early));
  mock.beginSync().wait(scope);
  Batch unknown;
  unknown.blackhole(1).route("192.0.2.0/24", 2);
  EXPECT_ANY_THROW(push(unknown));
  EXPECT_EQ(0u, mock.counters().groups);
}

TEST_F(MockPlane, DoesWhatATestWants) {
  mock.beginSync().wait(scope);
  mock.refuse = [](net::IpNet net) -> kj::Maybe<kj::String> {
    if (net.length() == 7) return kj::str("no sevens");
    return nullptr;
  };
  Batch batch;
  batch.blackhole(1).route("20.0.0.0/7", 1).route("192.0.2.0/24", 1).route("21.0.0.0/8", 1);
  push(batch);
  EXPECT_EQ("no sevens", heard.refusals["20.0.0.0/7"]);
  EXPECT_EQ(1u, mock.counters().errors);
  mock.drop("192.0.2.0/24");
  EXPECT_EQ(std::set<std::string>{"192.0.2.0/24"}, heard.lostRoutes);
  mock.loseTrack("test");
  EXPECT_EQ(1, heard.resyncs);
  EXPECT_TRUE(mock.isStale("21.0.0.0/8"));
  // The writer's groups are still known.
  Batch again;
  again.route("21.0.0.0/8", 1);
  push(again);
  EXPECT_EQ(3u, mock.counters().installs + mock.counters().lost);
  mock.synced().wait(scope);
  EXPECT_EQ((Table{{"21.0.0.0/8", "blackhole"}}), mock.table());
}

TEST_F(MockPlane, ConfiguredInterfacesAppear) {
  kj::Vector<DesiredLink> desired;
  desired.add();
  desired[0].name = kj::str("m0");
  desired[0].addresses.add(KJ_ASSERT_NONNULL(net::IfAddr::parse("192.0.2.1/24")));
  EXPECT_EQ(0u, mock.configure(kj::mv(desired)).size());
  ASSERT_EQ(3u, mock.links().size());
  EXPECT_EQ("m0", mock.links()[2]->name);
  EXPECT_EQ(3u, mock.links()[2]->index);
  EXPECT_EQ(1u, heard.links.count("m0"));
  mock.configure({});
  EXPECT_EQ(2u, mock.links().size());
}

}  // namespace
}  // namespace xylem::fea
