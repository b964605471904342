// Programs are asked all at once and then heard one after the other, so that it takes as long as the slowest.

#include <xrl/installed.h>

#include <capnp/serialize.h>
#include <dirent.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xrl/log.h>

#include <algorithm>
#include <cstring>
#include <sstream>

namespace xylem::xrl {

namespace {

constexpr kj::StringPtr PREFIX = "xylem-"_kj;

struct Asked {
  kj::String name, path;
  pid_t pid;
  kj::AutoCloseFd answer;
};

Asked ask(kj::String name, kj::String path) {
  int ends[2];
  KJ_SYSCALL(pipe2(ends, O_CLOEXEC));
  kj::AutoCloseFd in(ends[0]), out(ends[1]);
  pid_t pid;
  KJ_SYSCALL(pid = fork());
  if (pid == 0) {
    dup2(out, STDOUT_FILENO);
    execl(path.cStr(), path.cStr(), "--schema", nullptr);
    _exit(127);
  }
  return {kj::mv(name), kj::mv(path), pid, kj::mv(in)};
}

bool isProgram(kj::StringPtr path) {
  struct stat status;
  return stat(path.cStr(), &status) == 0 && S_ISREG(status.st_mode) && access(path.cStr(), X_OK) == 0;
}

void askAll(kj::StringPtr directory, kj::Vector<Asked>& asked) {
  auto listing = opendir(directory.cStr());
  KJ_REQUIRE(listing != nullptr, "cannot read the folder of the daemons", directory);
  KJ_DEFER(closedir(listing));
  while (auto entry = readdir(listing)) {
    kj::StringPtr file = entry->d_name;
    auto path = kj::str(directory, '/', file);
    if (file.startsWith(PREFIX) && isProgram(path)) asked.add(ask(kj::str(file.slice(PREFIX.size())), kj::mv(path)));
  }
}

}  // namespace

kj::Vector<Installed> findInstalled() {
  kj::Vector<Asked> asked;
  askAll(programDirectory(), asked);
  auto others = getenv("XYLEM_PROGRAMS");
  std::istringstream list(others == nullptr ? "" : others);
  for (std::string each; std::getline(list, each, ':');) askAll(each.c_str(), asked);
  kj::Vector<Installed> found;
  for (auto& each : asked) {
    auto schema = kj::FdInputStream(each.answer.get()).readAllBytes();
    int status;
    KJ_SYSCALL(waitpid(each.pid, &status, 0));
    if (status == 0 && schema.size() > 0)
      found.add(Installed{kj::mv(each.name), kj::mv(each.path), kj::mv(schema)});
    else
      log::warn("program without a schema", "path", each.path);
  }
  std::sort(found.begin(), found.end(), [](auto& a, auto& b) { return a.name < b.name; });
  return found;
}

kj::String programDirectory() {
  char path[4096];
  ssize_t size;
  KJ_SYSCALL(size = readlink("/proc/self/exe", path, sizeof path - 1));
  path[size] = 0;
  *strrchr(path, '/') = 0;
  auto installed = kj::str(path, "/../libexec/xylem");
  struct stat status;
  return stat(installed.cStr(), &status) == 0 ? kj::mv(installed) : kj::str(path);
}

}  // namespace xylem::xrl
