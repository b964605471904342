#include <gtest/gtest.h>
#include <kj/debug.h>
#include <slice/groups.h>
#include <slice/watch.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace xylem::slice {
namespace {

namespace fs = std::filesystem;

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

struct Folder {
  Folder() {
    char made[] = "/tmp/xylem-groups-XXXXXX";
    KJ_ASSERT(mkdtemp(made) != nullptr);
    path = made;
  }
  ~Folder() { fs::remove_all(path); }
  void put(const std::string& file, const std::string& content = "") { std::ofstream(path + "/" + file) << content; }
  std::string get(const std::string& file) { return slurp(path + "/" + file); }
  std::string path;
};

void lookLike2(Folder& root, const std::string& controllers,
               const std::vector<std::string>& parts = {"", "xylem", "dom", "s", "n"}) {
  // The tree that the kernel would make, with the files in it that it would.
  root.put("cgroup.controllers", controllers);
  std::string at;
  for (auto& part : parts) {
    at += part.empty() || at.empty() ? part : "/" + part;
    fs::create_directories(root.path + "/" + at);
    for (auto file : {"cgroup.subtree_control", "cgroup.procs", "memory.max", "cpu.weight", "cpu.max", "pids.max"})
      root.put(at + "/" + file);
  }
  root.put("mounts", "30 23 0:26 / " + root.path + " rw,nosuid - cgroup2 cgroup2 rw\n");
}

TEST(Groups, Version2HasItsLimits) {
  Folder root;
  lookLike2(root, "cpuset cpu io memory pids\n");
  Groups groups("dom", root.path + "/mounts");
  for (auto each : {"memory", "cpu", "pids"}) EXPECT_TRUE(groups.limits(each)) << each;
  Limits limits;
  limits.processors = 0.25;
  limits.weight = 200;
  groups.make("s", "n", limits);
  for (auto each : {"", "xylem/", "xylem/dom/", "xylem/dom/s/"})
    EXPECT_EQ(root.get(std::string(each) + "cgroup.subtree_control"), "+memory +cpu +pids") << each;
  // Where processes are, nothing may be handed on.
  EXPECT_EQ(root.get("xylem/dom/s/n/cgroup.subtree_control"), "");
  EXPECT_EQ(root.get("xylem/dom/s/n/memory.max"), "67108864");
  EXPECT_EQ(root.get("xylem/dom/s/n/cpu.max"), "25000 100000");
  EXPECT_EQ(root.get("xylem/dom/s/n/cpu.weight"), "200");
  EXPECT_EQ(root.get("xylem/dom/s/n/pids.max"), "512");
  EXPECT_EQ(groups.folders("s", "n"), std::vector<std::string>{root.path + "/xylem/dom/s/n"});
  EXPECT_EQ(groups.slices(), std::vector<std::string>{"s"});
  EXPECT_EQ(groups.doors("s", "n").size(), 1u);
  root.put("xylem/dom/s/n/memory.current", "4096\n");
  EXPECT_EQ(groups.memory("s", "n"), 4096);
}

TEST(Groups, PlanesHaveAPlaceOfTheirOwn) {
  Folder root;
  lookLike2(root, "cpu memory pids\n", {"", "xylem", "dom", "-planes", "s", "n"});
  Groups groups("dom", root.path + "/mounts");
  EXPECT_LT(groups.planeDoor("t", "n").get(), 0);
  Limits limits;
  limits.weight = 300;
  groups.makePlane("s", "n", limits);
  EXPECT_EQ(root.get("xylem/dom/-planes/cpu.weight"), "10000");
  EXPECT_EQ(root.get("xylem/dom/-planes/s/n/cpu.weight"), "300");
  EXPECT_EQ(root.get("xylem/dom/-planes/s/n/memory.max"), "67108864");
  EXPECT_GE(groups.planeDoor("s", "n").get(), 0);
  // It is not a slice, but one may have nothing else left.
  EXPECT_EQ(groups.slices(), std::vector<std::string>{"s"});
}

TEST(Groups, Version2WithoutAQuota) {
  Folder root;
  lookLike2(root, "cpu\n");
  Groups groups("dom", root.path + "/mounts");
  EXPECT_FALSE(groups.limits("memory"));
  groups.make("s", "n", {});
  EXPECT_EQ(root.get("xylem/dom/s/n/cpu.max"), "max 100000");
  EXPECT_EQ(root.get("xylem/dom/s/n/memory.max"), "");
}

TEST(Groups, WhatVersion1HasIsNotLookedForInVersion2) {
  Folder one, two;
  lookLike2(two, "memory pids\n");
  fs::create_directories(one.path + "/xylem/dom/s/n");
  one.put("xylem/dom/s/n/memory.limit_in_bytes");
  two.put("mounts", "40 23 0:30 / " + one.path + " rw - cgroup cgroup rw,memory\n" + two.get("mounts"));
  Groups groups("dom", two.path + "/mounts");
  groups.make("s", "n", {});
  EXPECT_EQ(one.get("xylem/dom/s/n/memory.limit_in_bytes"), "67108864");
  EXPECT_EQ(two.get("xylem/dom/s/n/memory.max"), "");
  EXPECT_EQ(two.get("xylem/dom/s/n/pids.max"), "512");
}

TEST(Groups, AnEmptyVersion2IsNone) {
  Folder root;
  lookLike2(root, "\n");
  EXPECT_TRUE(Groups("dom", root.path + "/mounts").folders("s", "n").empty());
}

TEST(Groups, ProcessesOfVersion2AreEnded) {
  // The kernel's own, which has the files for that even where it has no controllers.
  Folder mounted;
  if (mount("none", mounted.path.c_str(), "cgroup2", 0, nullptr) < 0) GTEST_SKIP() << "needs root, and version 2";
  KJ_DEFER(umount2(mounted.path.c_str(), MNT_DETACH));
  auto group = mounted.path + "/xylem-test-" + std::to_string(getpid());
  ASSERT_EQ(mkdir(group.c_str(), 0755), 0);
  ASSERT_EQ(mkdir((group + "/inner").c_str(), 0755), 0);
  std::vector<pid_t> children;
  for (auto where : {group, group + "/inner", group + "/inner"}) {
    children.push_back(fork());
    if (children.back() == 0)
      for (;;) pause();
    mounted.put(where.substr(mounted.path.size() + 1) + "/cgroup.procs", std::to_string(children.back()));
  }
  removeGroup(group, true);
  EXPECT_FALSE(fs::exists(group));
  for (auto each : children) {
    EXPECT_TRUE(Ended(each).isOver(10000));
    waitpid(each, nullptr, 0);
  }
  removeGroup(group, true);
}

}  // namespace
}  // namespace xylem::slice
