#include <cli/pager.h>
#include <gtest/gtest.h>

namespace xylem::cli {
namespace {

uint width(kj::StringPtr text) { return widthOf(text); }

TEST(Pager, Widths) {
  EXPECT_EQ(width(""), 0);
  EXPECT_EQ(width("abc\n"), 3);
  EXPECT_EQ(width("\tx"), 9);
  EXPECT_EQ(width("abc\tx"), 9);
  EXPECT_EQ(width("gr\xc3\xbc\xc3\x9f"), 4);
}

}  // namespace
}  // namespace xylem::cli
