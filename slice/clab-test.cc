#include <slice/clab.h>
#include <slice/testing.h>

namespace xylem::slice {
namespace {

constexpr const char* LAB = R"(# A lab.
name: srl02
topology:
  kinds:
    nokia_srlinux:
      image: ghcr.io/nokia/srlinux
  nodes:
    Leaf1:
      kind: nokia_srlinux   # a router
      startup-config: leaf1.cfg
    leaf2:
      kind: "nokia_srlinux"
    client:
      kind: linux
      exec:
        - ip address add 10.0.0.1/24 dev eth1
    br-1:
      kind: bridge
  links:
    - endpoints: ["Leaf1:e1-1", "leaf2:e1-1"]
    - endpoints:
        - leaf2:e1-2
        - client:eth1
    - endpoints: [ 'br-1:p1', 'client:eth2' ]
    - endpoints: ["leaf2:e1-3", "br-1:p2"]
)";

TEST(Clab, Import) {
  auto imported = importClab(LAB);
  ASSERT_TRUE(std::holds_alternative<std::string>(imported)) << std::get<1>(imported).second;
  EXPECT_EQ(std::get<std::string>(imported), R"(slice srl02 {
    node leaf1;
    node leaf2;
    node client { kind host; }
    link leaf1:e1-1 leaf2:e1-1;
    link leaf2:e1-2 client:eth1;
    lan br-1 { members client:eth2 leaf2:e1-3; }
}
)");
  testing::one(std::get<std::string>(imported));
}

TEST(Clab, ExportedItIsImportedTheSame) {
  auto slice = testing::one(std::get<std::string>(importClab(LAB)));
  auto again = testing::one(std::get<std::string>(importClab(exportClab(slice))));
  EXPECT_EQ(slice, again);
}

TEST(Clab, WhatIsWrong) {
  auto wrong = [](const char* text) {
    auto result = importClab(text);
    auto problem = std::get_if<1>(&result);
    return problem == nullptr ? "" : std::to_string(problem->first) + ": " + problem->second;
  };
  EXPECT_EQ(wrong("slice s { node a; }"), "1: no nodes here; expected a topology file of containerlab");
  EXPECT_EQ(wrong("topology:\n  nodes:\n    a:\n  links:\n    - endpoints: [\"a:1\"]\n"),
            "5: a link has two endpoints");
  EXPECT_EQ(wrong("topology:\n  nodes:\n    a:\n  links:\n    - endpoints: [\"a:1\", \"host:eth0\"]\n").substr(0, 9),
            "5: \"host\"");
}

}  // namespace
}  // namespace xylem::slice
