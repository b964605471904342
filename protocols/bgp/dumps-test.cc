#include <gtest/gtest.h>
#include <protocols/bgp/dumps.h>

namespace xylem::bgp {
namespace {

TEST(Dumps, NamesFilesByTime) {
  auto at = kj::UNIX_EPOCH + 86400 * kj::SECONDS + 3661 * kj::SECONDS;
  EXPECT_EQ(dumpName("rib.%Y%m%d.%H%M%S", at), "rib.19700102.010101");
  EXPECT_EQ(dumpName("plain", at), "plain");
  EXPECT_EQ(dumpName(std::string(2000, 'x'), at), "") << "too long for a file";
}

}  // namespace
}  // namespace xylem::bgp
