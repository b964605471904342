// In a user namespace that an ordinary user makes there is one user, and so one group: nobody can be given anything,
// and supplementary groups cannot be given up. The kernel lets its root make network, mount and process namespaces,
// veth devices, traffic shapers and packet sockets, but neither devices nor control groups.

#include <slice/kernel.h>
#include <slice/rights.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace xylem::slice {

namespace {

constexpr uint64_t USERS = uint64_t(1) << 31;
// Those of slices lie below.

bool hasUsers() {
  std::ifstream map("/proc/self/uid_map");
  for (uint64_t inside, outside, count; map >> inside >> outside >> count;)
    if (inside == 0 && count >= USERS) return true;
  return false;
}

}  // namespace

bool isRootless() {
  static const bool ROOTLESS = geteuid() != 0 || !hasUsers();
  return ROOTLESS;
}

std::string whyNoUserNamespace() {
  pid_t child;
  KJ_SYSCALL(child = fork());
  if (child == 0) _exit(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 ? 0 : errno);
  int status;
  KJ_SYSCALL(waitpid(child, &status, 0));
  int problem = WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
  if (problem == 0) return "";
  auto remedy = problem == ENOSPC ? "set user.max_user_namespaces to a larger number"
                                  : "let ordinary users make them (kernel.unprivileged_userns_clone=1, and on machines "
                                    "with AppArmor kernel.apparmor_restrict_unprivileged_userns=0), or be root";
  return std::string("slices of an ordinary user need a user namespace, and this machine makes none: ") +
         strerror(problem) + "; " + remedy;
}

void enterOwnNamespace() {
  auto user = std::to_string(geteuid()), group = std::to_string(getegid());
  // An empty network namespace too: into the machine's own it could not come back from those of nodes.
  KJ_SYSCALL(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET));
  writeFile("/proc/self/setgroups", "deny");
  writeFile("/proc/self/uid_map", "0 " + user + " 1\n");
  writeFile("/proc/self/gid_map", "0 " + group + " 1\n");
  KJ_SYSCALL(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
}

std::vector<std::string> beyondRights(const Slice& slice) {
  std::vector<std::string> out;
  if (slice.gate)
    out.push_back(
        "ingress and egress go through the network of the machine, which only root may change; leave them out, or be "
        "root");
  for (auto& link : slice.links)
    if (link.tunnel)
      out.push_back("link " + link.name +
                    ": links between machines go through their network, which only root may change; be root");
  for (auto& node : slice.nodes) {
    auto limits = Limits();
    limits.disk = node.limits.disk;
    if (node.limits != limits)
      out.push_back("node " + node.name +
                    ": limits of memory, processors and processes need control groups, which only root may make; leave "
                    "them out, or be root");
    if (node.kind == Kind::FRR)
      out.push_back("node " + node.name + ": FRR insists on users of its own, which only root can give it; be root");
    if (node.kind == Kind::ROUTER && node.plane == Plane::CLICK && access("/dev/net/tun", R_OK | W_OK) != 0)
      out.push_back("node " + node.name +
                    ": the Click plane needs /dev/net/tun, which this user may not open; choose `plane kernel`, or let "
                    "root do `chmod 666 /dev/net/tun`");
  }
  return out;
}

bool enterKeeperOf(int user) {
  int parent = ioctl(user, NS_GET_PARENT);
  return parent >= 0 && setns(parent, CLONE_NEWUSER) == 0;
}

}  // namespace xylem::slice
