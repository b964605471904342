#include <slice/neighbors.h>
#include <slice/testing.h>

#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace xylem::slice {
namespace {

using testing::one;

struct Machine {
  std::string folder = "/tmp/neighbors-test-XXXXXX";
  Machine() { mkdtemp(folder.data()); }
  ~Machine() { std::filesystem::remove_all(folder); }
  void keeps(const std::string& version, uint64_t neighbors) {
    auto place = folder + "/" + version + "/neigh/default";
    std::filesystem::create_directories(place);
    std::ofstream(place + "/gc_thresh3") << neighbors << "\n";
  }
};

TEST(Neighbors, OfLinksAndLans) {
  EXPECT_EQ(neighborsOf(one("slice s { node a; }")), 0u);
  EXPECT_EQ(neighborsOf(one("slice s { node a; node b; node c; link a b; link b c; }")), 4u);
  EXPECT_EQ(neighborsOf(one("slice s { node a; node b; node c; node d; lan l { members a b c d; } link a b; }")), 14u);
}

TEST(Neighbors, MoreThanTheMachineKeeps) {
  Machine machine;
  EXPECT_EQ(whyTooMany(1 << 20, machine.folder), "") << "where the kernel does not tell";
  machine.keeps("ipv4", 1024);
  machine.keeps("ipv6", 512);
  EXPECT_EQ(whyTooMany(512, machine.folder), "");
  auto why = whyTooMany(513, machine.folder);
  EXPECT_NE(why.find("513 neighbours, and the machine keeps 512"), std::string::npos) << why;
  EXPECT_NE(why.find("sysctl -w net.ipv4.neigh.default.gc_thresh3=2048 net.ipv6.neigh.default.gc_thresh3=2048"),
            std::string::npos)
      << why;
  machine.keeps("ipv6", 4096);
  EXPECT_EQ(whyTooMany(1024, machine.folder), "");
  EXPECT_NE(whyTooMany(1025, machine.folder), "");
}

}  // namespace
}  // namespace xylem::slice
