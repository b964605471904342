#include <click/dot.h>
#include <click/flat.h>
#include <gtest/gtest.h>

namespace xylem::click {
namespace {

TEST(Dot, BoxesAndArrows) {
  Flat flat;
  flat.elements.push_back({"a/b", "Tee", nullptr, "", {}});
  flat.elements.push_back({"c", "Counter", nullptr, "", {}});
  flat.connections.push_back({0, 1, 1, 2});
  auto text = dot(flat, [](size_t element) { return element == 1 ? "7 \"packets\"" : ""; });
  EXPECT_NE(text.find("\"a/b\" [label=\"a/b\\nTee\"];"), std::string::npos) << text;
  EXPECT_NE(text.find("\"c\" [label=\"c\\nCounter\\n7 \\\"packets\\\"\"];"), std::string::npos) << text;
  EXPECT_NE(text.find("\"a/b\" -> \"c\" [taillabel=1, headlabel=2];"), std::string::npos) << text;
}

}  // namespace
}  // namespace xylem::click
