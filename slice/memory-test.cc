#include <slice/memory.h>
#include <slice/part.h>
#include <slice/plan.h>
#include <slice/testing.h>

namespace xylem::slice {
namespace {

using testing::one;

constexpr const char* FILE_TEXT = "slice s { node a; node b; node c; link a b { delay 5ms; } link b c; }";

TEST(Memory, IsReadAsItWasWritten) {
  auto file = one(FILE_TEXT);
  Memory memory{1234567890.25, 1234567990, 30, {}};
  for (auto setting : {Setting{"rate", {"100M"}},
                       {"delay", {"a->b", "13ms"}},
                       {"jitter", {"1.5ms"}},
                       {"loss", {"b->a", "0.1%"}},
                       {"duplicate", {"1%"}},
                       {"reorder", {"2%"}},
                       {"queue", {"7"}}})
    ASSERT_EQ(set(*file.link("a b"), setting), "");
  note(memory, one(FILE_TEXT), *file.link("a b"));
  file.link("b c")->down = true;
  note(memory, one(FILE_TEXT), *file.link("b c"));
  EXPECT_EQ(memory.links.size(), 2u);
  EXPECT_EQ(readMemory(print(memory)), memory);
  for (auto bad : {"", "x", "{", R"({"links": [{"name": "a b", "forth": "delay"}]})", R"({"links": 5})",
                   R"({"links": [{"name": "a b", "back": "speed 5"}]})"})
    EXPECT_EQ(readMemory(bad), std::nullopt) << bad;
}

TEST(Memory, KeepsWhatDiffersFromTheFileAlone) {
  auto file = one(FILE_TEXT), changed = file;
  Memory memory;
  changed.link("a b")->shapes[0].loss = 0.5;
  note(memory, file, *changed.link("a b"));
  EXPECT_EQ(memory.links.size(), 1u);
  note(memory, file, *file.link("a b"));
  EXPECT_TRUE(memory.links.empty());
}

TEST(Memory, HoldsUntilTheFileChangesItsMind) {
  auto file = one(FILE_TEXT), changed = file;
  Memory memory;
  changed.link("a b")->shapes[0].loss = 0.5;
  changed.link("b c")->down = true;
  for (auto& link : changed.links) note(memory, file, link);
  auto again = file;
  apply(memory, file, again);
  EXPECT_EQ(again, changed);
  auto other = one("slice s { node a; node b; node c; link a b { delay 6ms; } link b c; }");
  apply(memory, file, other);
  EXPECT_EQ(other.link("a b")->shapes[0].loss, 0);
  EXPECT_TRUE(other.link("b c")->down);
}

TEST(Part, HasWhatIsBetweenItsNodes) {
  auto whole = one(
      "slice s { node a; node b; node c; link a b; link b c; lan l { members a c; } at 1s { link a b down; } at 2s { "
      "link b c down; } at 3s { node c stop; } }");
  auto some = part(whole, {"a", "b"});
  EXPECT_EQ(some.nodes.size(), 2u);
  EXPECT_EQ(some.links.size(), 1u);
  ASSERT_EQ(some.lans.size(), 1u);
  EXPECT_EQ(some.lans[0].members.size(), 1u);
  EXPECT_EQ(some.events.size(), 1u);
  // b has no interface to c; what there is, is what the whole has.
  EXPECT_EQ(some.node("b")->interfaces.size(), 1u);
  EXPECT_EQ(some.node("b")->interfaces[0], whole.node("b")->interfaces[0]);
  EXPECT_EQ(part(whole, {"a", "b", "c"}), whole);
}

TEST(Part, GrowsWithoutStartingAnythingAnew) {
  auto whole = one("slice s { defaults { node { protocols { rip { interface ge*; } } } } generate r { line 4; } }");
  auto some = part(whole, partNodes(whole, {"r1", "r2"}, {}));
  auto more = part(whole, partNodes(whole, {"r3"}, some));
  std::string steps;
  for (auto& step : plan(&some, more)) steps += print(step) + "\n";
  EXPECT_EQ(steps, "add node r3: router\nadd link r2 r3\n");
  EXPECT_EQ(part(whole, partNodes(whole, {}, some)), whole);
}

}  // namespace
}  // namespace xylem::slice
