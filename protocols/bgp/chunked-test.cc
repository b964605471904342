#include <protocols/bgp/chunked.h>

#include <gtest/gtest.h>

namespace xylem::bgp {
namespace {

TEST(Sparse, IsZeroWhereNothingWasPutAndTakesMemoryOnlyThere) {
  Sparse<uint32_t, 16> sparse;
  EXPECT_EQ(sparse.get(1000), 0u);
  sparse.set(1000, 0);
  EXPECT_EQ(sparse.bytes(), 0u);
  sparse.set(40, 7);
  sparse.set(3, 8);
  EXPECT_EQ(sparse.get(40), 7u);
  EXPECT_EQ(sparse.get(41), 0u);
  EXPECT_EQ(sparse.get(3), 8u);
  EXPECT_EQ(sparse.get(20), 0u) << "a chunk that is not there, between two that are";
  EXPECT_EQ(sparse.bytes(), 2 * 16 * sizeof(uint32_t) + 3 * sizeof(void*));
  sparse.set(40, 0);
  EXPECT_EQ(sparse.get(40), 0u);
}

}  // namespace
}  // namespace xylem::bgp
