#include <gtest/gtest.h>
#include <protocols/bgp/dirty.h>

#include <random>
#include <set>

namespace xylem::bgp {
namespace {

TEST(Dirty, takesEachMarkOnceInOrder) {
  Dirty dirty;
  for (uint32_t at : {5u, 4096u, 70u, 5u, 1000000u, 0u}) dirty.mark(at);
  EXPECT_EQ(dirty.size(), 5u);
  for (uint32_t at : {0u, 5u, 70u, 4096u, 1000000u}) EXPECT_EQ(dirty.take(), at);
  EXPECT_EQ(dirty.take(), Dirty::NONE);
  EXPECT_TRUE(dirty.empty());
}

TEST(Dirty, goesRound) {
  Dirty dirty;
  dirty.mark(10);
  dirty.mark(20);
  EXPECT_EQ(dirty.take(), 10u);
  dirty.mark(5);
  dirty.mark(10);
  EXPECT_EQ(dirty.take(), 20u);
  EXPECT_EQ(dirty.laps(), 0u);
  EXPECT_EQ(dirty.take(), 5u);
  EXPECT_EQ(dirty.laps(), 1u);
  EXPECT_EQ(dirty.take(), 10u);
}

TEST(Dirty, marksAllBelow) {
  for (uint32_t size : {0u, 1u, 63u, 64u, 65u, 4096u, 300000u}) {
    Dirty dirty;
    dirty.markAll(size);
    EXPECT_EQ(dirty.size(), size);
    for (uint32_t at = 0; at < size; ++at) ASSERT_EQ(dirty.take(), at);
    EXPECT_EQ(dirty.take(), Dirty::NONE);
  }
}

TEST(Dirty, agreesWithASet) {
  std::mt19937 random(1);
  for (uint32_t range : {100u, 5000u, 3000000u}) {
    Dirty dirty;
    std::set<uint32_t> expected;
    uint32_t at = 0;
    for (uint i = 0; i < 20000; ++i) {
      if (random() % 5 < 2) {
        uint32_t index = random() % range;
        dirty.mark(index);
        expected.insert(index);
        ASSERT_TRUE(dirty.has(index));
      } else {
        auto next = expected.lower_bound(at);
        if (next == expected.end()) next = expected.begin();
        auto taken = dirty.take();
        ASSERT_EQ(taken, next == expected.end() ? Dirty::NONE : *next);
        at = next == expected.end() ? 0 : taken + 1;
        if (next != expected.end()) expected.erase(next);
      }
      ASSERT_EQ(dirty.size(), expected.size());
    }
  }
}

}  // namespace
}  // namespace xylem::bgp
