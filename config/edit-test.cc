#include <config/edit.h>
#include <config/testing.h>
#include <gtest/gtest.h>

namespace xylem::config {
namespace {

using testing::everything;

class Editing : public ::testing::Test {
 public:
  ~Editing() noexcept override {}

 protected:
  std::string set(kj::StringPtr line) { return result(config::set(everything(), tree, words(line))); }
  std::string remove(kj::StringPtr line) { return result(config::remove(everything(), tree, words(line))); }
  std::string text() { return printSet(tree.root()).cStr(); }
  std::string braces() { return printBraces(tree.root()).cStr(); }
  void load(kj::StringPtr text) {
    auto parsed = parseBraces(text);
    tree = kj::mv(parsed.tree);
    normalise(everything(), tree);
  }

  Tree tree;

 private:
  kj::Array<kj::StringPtr> words(kj::StringPtr text) {
    line = splitLine(text);
    return KJ_MAP(word, line.words)->kj::StringPtr { return word.text; };
  }
  static std::string result(kj::Maybe<WrongWord> problem) {
    KJ_IF_MAYBE (p, problem) return kj::str(p->index, ": ", p->text).cStr();
    return "";
  }
  Line line;
};

TEST_F(Editing, SetReplacesAValue) {
  EXPECT_EQ(set("protocols rich update-interval 10"), "");
  EXPECT_EQ(set("protocols rich update-interval 20"), "");
  EXPECT_EQ(text(), "set protocols rich update-interval 20\n");
}

TEST_F(Editing, AReplacedValueKeepsItsComment) {
  load("protocols { rich { # slow\n update-interval 10; } }");
  set("protocols rich update-interval 20");
  EXPECT_NE(braces().find("# slow"), std::string::npos);
  EXPECT_EQ(braces().find("10"), std::string::npos);
}

TEST_F(Editing, SetAddsToAList) {
  set("protocols rich server 10.0.0.1");
  set("protocols rich server 10.0.0.2 10.0.0.3");
  EXPECT_EQ(
      text(),
      "set protocols rich server 10.0.0.1\nset protocols rich server 10.0.0.2\nset protocols rich server 10.0.0.3\n");
  EXPECT_EQ(remove("protocols rich server 10.0.0.1"), "");
  EXPECT_EQ(text(), "set protocols rich server 10.0.0.2\nset protocols rich server 10.0.0.3\n");
}

TEST_F(Editing, AWordTwiceInAListStays) {
  set("protocols rich prepend 65000 65000");
  EXPECT_EQ(text(), "set protocols rich prepend 65000 65000\n");
}

TEST_F(Editing, SetChoosesAMemberOfAUnion) {
  set("protocols rich auth plain x");
  set("protocols rich auth md5 key-id 1");
  EXPECT_EQ(text(), "set protocols rich auth md5 key-id 1\n");
  set("protocols rich auth md5 key k");
  EXPECT_EQ(text(), "set protocols rich auth md5 key-id 1\nset protocols rich auth md5 key k\n");
  set("protocols rich active");
  set("protocols rich standby 1");
  EXPECT_EQ(text().find("active"), std::string::npos);
  EXPECT_NE(text().find("key-id"), std::string::npos) << "another union is not touched";
}

TEST_F(Editing, SetOfAFlagReplacesItsValue) {
  set("protocols rich passive false");
  set("protocols rich passive");
  EXPECT_EQ(text(), "set protocols rich passive\n");
  set("protocols rich passive false");
  EXPECT_EQ(text(), "set protocols rich passive false\n");
}

TEST_F(Editing, SetGivesTheUsualForm) {
  set("protocols rich area 0 interface eth0 cost 3");
  EXPECT_EQ(braces(),
            "protocols {\n"
            "    rich {\n"
            "        area 0 {\n"
            "            interface eth0 {\n"
            "                cost 3;\n"
            "            }\n"
            "        }\n"
            "    }\n"
            "}\n");
}

TEST_F(Editing, AWrongSetChangesNothing) {
  EXPECT_EQ(set("protocols rich intrface eth0"), "2: \"intrface\" is not known here; did you mean \"interface\"?");
  EXPECT_EQ(set("protocols rich interface eth0 cost 17"), "5: 17 is out of range; expected a number from 1 to 16");
  EXPECT_EQ(set("protocols rich interface"), "3: \"interface\" needs a name: text of 1 to 15 bytes");
  EXPECT_EQ(set("protocols rich active now"), "3: unexpected \"now\": nothing follows \"active\"");
  EXPECT_EQ(text(), "");
}

TEST_F(Editing, RemoveTakesWhatLedThereWithIt) {
  set("protocols rich interface eth0 cost 3");
  set("system host-name r1");
  EXPECT_EQ(remove("protocols rich interface eth0"), "");
  EXPECT_EQ(text(), "set protocols rich\nset system host-name r1\n") << "rich still asks for its daemon";
  EXPECT_EQ(remove("protocols rich"), "");
  EXPECT_EQ(text(), "set system host-name r1\n");
  EXPECT_EQ(remove("protocols rich"), "0: \"protocols\" is not configured");
  EXPECT_EQ(remove("system host-name r2"), "2: \"r2\" is not configured");
  EXPECT_EQ(remove("system host-name"), "");
}

TEST_F(Editing, RemoveNothingIsRemoveAll) {
  set("system host-name r1");
  EXPECT_EQ(remove(""), "");
  EXPECT_EQ(text(), "");
}

TEST_F(Editing, MergeLetsTheOtherWin) {
  load(
      "protocols { rich { update-interval 1; server 10.0.0.1; auth { plain x; } interface eth0 { cost 1; disable; } } "
      "}");
  auto other = parseBraces(
      "protocols { rich { update-interval 2; server 10.0.0.2; auth { none; } interface eth0 { cost 2; } unknown x; } "
      "}");
  merge(everything(), tree, other.tree);
  EXPECT_EQ(text(),
            "set protocols rich update-interval 2\n"
            "set protocols rich server 10.0.0.1\n"
            "set protocols rich server 10.0.0.2\n"
            "set protocols rich auth none\n"
            "set protocols rich interface eth0 cost 2\n"
            "set protocols rich interface eth0 disable\n"
            "set protocols rich unknown x\n");
}

TEST_F(Editing, NormaliseKeepsTheMeaning) {
  load("protocols rich { server 10.0.0.1 10.0.0.2; prepend 1 1; auth md5 { key-id 1; } } nonsense a b;");
  EXPECT_EQ(braces(),
            "protocols {\n"
            "    rich {\n"
            "        server 10.0.0.1;\n"
            "        server 10.0.0.2;\n"
            "        prepend 1 1;\n"
            "        auth {\n"
            "            md5 {\n"
            "                key-id 1;\n"
            "            }\n"
            "        }\n"
            "    }\n"
            "}\n"
            "nonsense a b;\n");
}

TEST_F(Editing, MaskHidesOnlySecrets) {
  load("protocols { rich { password hunter2; description hunter3; auth { md5 { key-id 1; key hunter4; } } } }");
  auto text = printSet(mask(everything(), tree).root());
  EXPECT_STREQ(text.cStr(),
               "set protocols rich password ********\n"
               "set protocols rich description hunter3\n"
               "set protocols rich auth md5 key-id 1\n"
               "set protocols rich auth md5 key ********\n");
  EXPECT_NE(this->text().find("hunter2"), std::string::npos) << "the tree itself is not changed";
}

TEST_F(Editing, TenThousandRoutesBySetLinesAreQuick) {
  kj::Vector<kj::String> lines;
  for (int i = 0; i < 10000; ++i) {
    lines.add(kj::str("set protocols rich route 10.", i >> 8, ".", i & 255, ".0/24 next-hop 192.0.2.1\n"));
  }
  auto text = kj::strArray(lines, "");
  auto start = testing::cpuMilliseconds();
  auto parsed = parseSet(text);
  EXPECT_EQ(carryOut(everything(), tree, parsed.edits).size(), 0u);
  auto took = testing::cpuMilliseconds() - start;
  RecordProperty("milliseconds", static_cast<int>(took));
  EXPECT_LT(took, 3000);
  EXPECT_STREQ(printSet(tree.root()).cStr(), text.cStr());
}

}  // namespace
}  // namespace xylem::config
