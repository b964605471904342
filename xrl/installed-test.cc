#include <xrl/installed.h>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace xylem::xrl {
namespace {

const std::string SCHEMA = "what a program says of itself...";

class InstalledTest : public ::testing::Test {
 protected:
  InstalledTest() {
    KJ_ASSERT(mkdtemp(folder) != nullptr);
    write("schema", SCHEMA);
    auto embed =
        std::string(SOURCE_ROOT "/tools/embed ") + folder + "/schema " + folder + "/program x xylem_schema.odd";
    KJ_ASSERT(system(embed.c_str()) == 0);
    std::ifstream stream(std::string(folder) + "/program");
    std::stringstream content;
    content << stream.rdbuf();
    program = content.str();
    setenv("XYLEM_PROGRAMS", folder, 1);
  }
  ~InstalledTest() {
    unsetenv("XYLEM_PROGRAMS");
    std::filesystem::remove_all(folder);
  }

  void write(const std::string& name, const std::string& content, mode_t mode = 0644) {
    auto path = std::string(folder) + "/" + name;
    std::ofstream(path) << content;
    KJ_SYSCALL(chmod(path.c_str(), mode));
  }

  std::string schemaOf(const std::string& name) {
    for (auto& each : findInstalled())
      if (name == each.name.cStr()) return std::string(each.schema.asChars().begin(), each.schema.size());
    return "none";
  }

  char folder[32] = "/tmp/installed-test-XXXXXX";
  std::string program;
};

TEST_F(InstalledTest, AProgramIsFoundByItsSchema) {
  write("xylem-odd", program, 0755);
  EXPECT_EQ(schemaOf("odd"), SCHEMA);
}

TEST_F(InstalledTest, OthersAreLeftOut) {
  write("xylem-plain", program);
  write("odd", program, 0755);
  write("xylem-script", "#!/bin/sh\n", 0755);
  write("xylem-empty", "", 0755);
  write("xylem-other", program, 0755);
  for (auto name : {"plain", "odd", "script", "empty", "other"}) EXPECT_EQ(schemaOf(name), "none") << name;
}

TEST_F(InstalledTest, NoFileIsReadBeyondItsEnd) {
  for (size_t size = 0; size < program.size(); size += 5) {
    write("xylem-odd", program.substr(0, size), 0755);
    EXPECT_TRUE(schemaOf("odd") == "none" || schemaOf("odd") == SCHEMA) << size;
  }
  for (size_t at = 0; at < program.size(); at += 3) {
    auto spoilt = program;
    spoilt[at] = char(0xff);
    write("xylem-odd", spoilt, 0755);
    schemaOf("odd");
  }
}

}  // namespace
}  // namespace xylem::xrl
