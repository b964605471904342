// Limits: memory is a hard limit without swap; the processor's weight counts only when processors are short, its quota
// always; the number of processes is hard.
//
// Who has been killed leaves a group a moment later. Version 2 tells of that (cgroup.events). Version 1 does not, so
// the ends of the processes are waited for, and only for one that was ending already, and so is not listed any more,
// the group is asked again.

#include <slice/groups.h>
#include <slice/kernel.h>
#include <slice/text.h>
#include <slice/watch.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace xylem::slice {

namespace {

namespace fs = std::filesystem;

constexpr int PATIENCE = 20000, AGAIN = 1;
// Milliseconds for a group to become empty, and between two questions.
constexpr uint64_t PERIOD = 100000;
// Microseconds in which a quota is used up.
const std::string PLANES = "-planes";
// No slice can be called so.
constexpr uint32_t USUAL = 100, ABOVE = 10000;
// Weights of a slice, and of all planes.

uint32_t shares(uint32_t weight) { return std::max(2u, weight * 1024 / USUAL); }
// In version 1.

bool holds(const std::vector<std::string>& list, const std::string& what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

void makeFolder(const std::string& path) {
  if (mkdir(path.c_str(), 0755) < 0 && errno != EEXIST)
    KJ_FAIL_SYSCALL("cannot make the control group", errno, path.c_str());
}

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

std::vector<std::string> words(const std::string& text, char separator = ' ') {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string each; std::getline(stream, each, separator);)
    if (!each.empty()) out.push_back(each.substr(0, each.find('\n')));
  return out;
}

class Emptying {
  // Of one group.
 public:
  Emptying(const std::string& folder, bool unified) : folder(folder), unified(unified) {}

  void endAll() {
    ending.clear();
    std::ifstream file(folder + "/cgroup.procs");
    for (pid_t pid; file >> pid;) {
      if (pid == getpid()) continue;
      ending.emplace_back(pid);
      ending.back().signal(SIGKILL);
    }
  }

  void wait(int milliseconds) {
    if (unified) {
      // What has changed since it was read makes it ready.
      auto events = openPath(folder + "/cgroup.events", O_RDONLY);
      char text[256];
      auto size = read(events, text, sizeof(text));
      if (size > 0 && std::string_view(text, size_t(size)).find("populated 1") == std::string_view::npos) return;
      pollfd change{events, POLLPRI, 0};
      poll(&change, 1, milliseconds);
      return;
    }
    for (auto& each : ending) each.isOver(milliseconds);
    if (ending.empty()) poll(nullptr, 0, AGAIN);
  }

 private:
  const std::string& folder;
  bool unified;
  std::vector<Ended> ending;
};

}  // namespace

void removeGroup(const std::string& folder, bool unified) {
  std::error_code error;
  std::vector<std::string> below;
  for (auto& each : fs::directory_iterator(folder, error))
    if (each.is_directory(error)) below.push_back(each.path());
  for (auto& each : below) removeGroup(each, unified);
  using Clock = std::chrono::steady_clock;
  for (auto until = Clock::now() + std::chrono::milliseconds(PATIENCE); Clock::now() < until;) {
    Emptying emptying(folder, unified);
    emptying.endAll();
    if (rmdir(folder.c_str()) == 0 || errno == ENOENT) return;
    emptying.wait(PATIENCE);
  }
  KJ_FAIL_REQUIRE("a control group cannot be removed", folder.c_str());
}

Groups::Groups(const std::string& domain, const std::string& mountsFile) : domain(domain) {
  std::ifstream mounts(mountsFile);
  std::set<std::string> taken;
  for (std::string line; std::getline(mounts, line);) {
    auto fields = words(line);
    auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 5 || fields.end() - dash < 4) continue;
    auto& root = fields[4];
    bool unified = dash[1] == "cgroup2";
    if (!unified && dash[1] != "cgroup") continue;
    if (access(root.c_str(), W_OK) != 0) continue;
    auto offered = unified ? words(slurp(root + "/cgroup.controllers")) : words(dash[3], ',');
    Hierarchy found{root, {}, unified};
    for (auto each : {"memory", "cpu", "pids"})
      if (holds(offered, each) && taken.insert(each).second) found.controllers.push_back(each);
    if (!found.controllers.empty()) hierarchies.push_back(found);
  }
}

bool Groups::limits(const std::string& controller) const {
  for (auto& each : hierarchies)
    if (holds(each.controllers, controller)) return true;
  return false;
}

void Groups::makeBelow(const Hierarchy& in, const std::vector<std::string>& parts) const {
  std::string enable;
  for (auto& controller : in.controllers) enable += (enable.empty() ? "+" : " +") + controller;
  auto folder = in.root;
  for (auto& part : parts) {
    if (in.unified) writeFile(folder + "/cgroup.subtree_control", enable);
    folder += "/" + part;
    makeFolder(folder);
  }
}

void Groups::make(const std::string& slice, const std::string& node, const Limits& limits) {
  for (auto& each : hierarchies) {
    makeBelow(each, {"xylem", domain, slice, node});
    set(each, folder(each, slice, node), limits);
  }
}

void Groups::makePlane(const std::string& slice, const std::string& node, const Limits& limits) {
  for (auto& each : hierarchies) {
    if (!holds(each.controllers, "cpu")) continue;
    makeBelow(each, {"xylem", domain, PLANES, slice, node});
    auto all = folder(each, PLANES, "");
    writeFile(all + (each.unified ? "/cpu.weight" : "/cpu.shares"),
              std::to_string(each.unified ? ABOVE : shares(ABOVE)));
    set(each, folder(each, PLANES + "/" + slice, node), limits);
  }
}

kj::AutoCloseFd Groups::planeDoor(const std::string& slice, const std::string& node) const {
  for (auto& each : hierarchies)
    if (auto path = folder(each, PLANES + "/" + slice, node) + "/cgroup.procs"; access(path.c_str(), W_OK) == 0)
      return openPath(path, O_WRONLY);
  return {};
}

void Groups::set(const Hierarchy& in, const std::string& folder, const Limits& limits) {
  auto put = [&](const char* controller, const char* v1, const char* v2, const std::string& value1,
                 const std::string& value2) {
    if (holds(in.controllers, controller))
      writeFile(folder + "/" + (in.unified ? v2 : v1), in.unified ? value2 : value1);
  };
  auto memory = std::to_string(limits.memory), pids = std::to_string(limits.pids);
  auto quota = limits.processors ? std::to_string(std::max<uint64_t>(1000, uint64_t(*limits.processors * PERIOD))) : "";
  put("memory", "memory.limit_in_bytes", "memory.max", memory, memory);
  put("cpu", "cpu.shares", "cpu.weight", std::to_string(shares(limits.weight)), std::to_string(limits.weight));
  put("cpu", "cpu.cfs_quota_us", "cpu.max", quota.empty() ? "-1" : quota,
      (quota.empty() ? "max" : quota) + " " + std::to_string(PERIOD));
  put("pids", "pids.max", "pids.max", pids, pids);
}

std::string Groups::folder(const Hierarchy& in, const std::string& slice, const std::string& node) const {
  return in.root + "/xylem/" + domain + (slice.empty() ? "" : "/" + slice) + (node.empty() ? "" : "/" + node);
}

std::vector<std::string> Groups::folders(const std::string& slice, const std::string& node) const {
  std::vector<std::string> out;
  for (auto& each : hierarchies) out.push_back(folder(each, slice, node));
  return out;
}

std::vector<kj::AutoCloseFd> Groups::doors(const std::string& slice, const std::string& node) const {
  std::vector<kj::AutoCloseFd> out;
  for (auto& each : folders(slice, node)) out.push_back(openPath(each + "/cgroup.procs", O_WRONLY));
  return out;
}

double Groups::memory(const std::string& slice, const std::string& node) const {
  double sum = 0;
  for (auto& each : hierarchies) {
    if (!holds(each.controllers, "memory")) continue;
    for (auto& above : {slice, PLANES + "/" + slice}) {
      std::ifstream file(folder(each, above, node) + (each.unified ? "/memory.current" : "/memory.usage_in_bytes"));
      double bytes = 0;
      file >> bytes;
      sum += bytes;
    }
  }
  return sum;
}

void Groups::remove(const std::string& slice, const std::string& node) {
  for (auto& each : hierarchies)
    for (auto& above : {PLANES + "/" + slice, slice}) removeGroup(folder(each, above, node), each.unified);
  if (!node.empty()) return;
  // Who leaves last removes what is common.
  for (auto& each : hierarchies)
    for (auto common : {folder(each, PLANES, ""), folder(each, "", ""), each.root + "/xylem"}) rmdir(common.c_str());
}

std::vector<std::string> Groups::slices() const {
  std::set<std::string> found;
  std::error_code error;
  for (auto& hierarchy : hierarchies)
    for (auto& above : {std::string(), PLANES})
      for (auto& each : fs::directory_iterator(folder(hierarchy, above, ""), error))
        if (each.is_directory(error) && each.path().filename() != PLANES) found.insert(each.path().filename());
  return {found.begin(), found.end()};
}

}  // namespace xylem::slice
