// The programs are attached by links of the kernel's own (tcx, Linux 6.6), not by filters of a queueing discipline:
// each process has its own on a device that several share, in no order that matters, and there is nothing to find and
// remove after a crash. A kernel that does not know them is one that refuses.
//
// Frames that come out of a slice never reach the machine's own stack, even if the programs are gone before the
// devices are: the machine's end has no address of either version, and takes only packets whose way back leads there,
// which is none.

#include <slice/bpf/egre.h>
#include <slice/egre.h>
#include <slice/names.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

extern "C" const uint8_t xylemEgreStart[], xylemEgreEnd[];

namespace xylem::slice {

namespace {

constexpr auto TCX_INGRESS = bpf_attach_type(46);

std::string machineEnd(const std::string& link) {
  char name[16];
  snprintf(name, sizeof(name), "xegre.%08x", unsigned(hashOf(link)));
  return name;
}

flow flowOf(const Tunnel& tunnel, int end) {
  return {htonl(tunnel.addresses[end].bits), htonl(tunnel.addresses[1 - end].bits), htonl(tunnel.key)};
}

void isolate(const std::string& device) {
  auto within = "/proc/sys/net/ipv6/conf/" + device + "/disable_ipv6";
  if (access(within.c_str(), W_OK) == 0) writeFile(within, "1");
  writeFile("/proc/sys/net/ipv4/conf/" + device + "/rp_filter", "1");
}

uint32_t deviceTo(net::Ip4 there) {
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32;
  Request ask(RTM_GETROUTE, 0, header);
  ask.put(RTA_DST, net::Ip(there));
  uint32_t device = 0;
  Netlink netlink;
  netlink.get(ask, [&](const nlmsghdr& message) {
    auto route = static_cast<const rtmsg*>(NLMSG_DATA(&message));
    int left = int(RTM_PAYLOAD(&message));
    for (auto each = RTM_RTA(route); RTA_OK(each, left); each = RTA_NEXT(each, left))
      if (each->rta_type == RTA_OIF) memcpy(&device, RTA_DATA(each), sizeof(device));
  });
  return device;
}

bool hasFrames(uint32_t device) {
  int fd;
  KJ_SYSCALL(fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  kj::AutoCloseFd owned(fd);
  ifreq request{};
  return if_indextoname(device, request.ifr_name) != nullptr && ioctl(fd, SIOCGIFHWADDR, &request) == 0 &&
         request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
}

}  // namespace

void Egre::Close::operator()(bpf_object* object) const { bpf_object__close(object); }

Egre::~Egre() noexcept(false) {}

std::unique_ptr<Egre> Egre::open(std::string& problem) {
  // Before Linux 5.11 maps count as locked memory.
  rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_MEMLOCK, &unlimited);
  libbpf_set_print(nullptr);
  std::unique_ptr<Egre> out(new Egre);
  out->object.reset(bpf_object__open_mem(xylemEgreStart, size_t(xylemEgreEnd - xylemEgreStart), nullptr));
  if (out->object != nullptr && bpf_object__load(out->object.get()) == 0) return out;
  problem = strerror(errno);
  return nullptr;
}

int Egre::map(const char* name) const { return bpf_object__find_map_fd_by_name(object.get(), name); }

kj::AutoCloseFd Egre::attach(const char* program, uint32_t device) {
  auto fd = bpf_program__fd(bpf_object__find_program_by_name(object.get(), program));
  auto link = bpf_link_create(fd, int(device), TCX_INGRESS, nullptr);
  return link < 0 ? kj::AutoCloseFd() : kj::AutoCloseFd(link);
}

std::string Egre::reach(net::Ip4 there) {
  auto device = deviceTo(there);
  if (device == 0) return "there is no way to it";
  if (!hasFrames(device)) return "the device that leads to it is no Ethernet";
  if (underlays.count(device) > 0) return "";
  auto attached = attach("unwrap", device);
  if (attached.get() < 0) return strerror(errno);
  underlays[device] = kj::mv(attached);
  return "";
}

void Egre::add(const std::string& name, const Interface& device, int network, const Tunnel& tunnel, int end) {
  auto own = machineEnd(name);
  auto here = openPath("/proc/thread-self/ns/net", O_RDONLY);
  Netlink netlink;
  makeVeth(netlink, device, network, plain(own, device.mtu), here);
  isolate(own);
  auto index = uint32_t(indexOf(own));
  ::tunnel to{flowOf(tunnel, end), deviceTo(tunnel.addresses[1 - end])};
  KJ_REQUIRE(underlays.count(to.underlay) > 0, "the way to the other machine has changed meanwhile");
  Carried carried{index, to.underlay, tunnel, end, attach("wrap", index)};
  KJ_REQUIRE(carried.program.get() >= 0, "the kernel does not take a program for the device", own.c_str(),
             strerror(errno));
  KJ_REQUIRE(bpf_map_update_elem(map("tunnels"), &index, &to, BPF_ANY) == 0, strerror(errno));
  ::end back{index, {}, {}};
  device.mac.toBytes(back.mac);
  KJ_REQUIRE(bpf_map_update_elem(map("ends"), &to.flow, &back, BPF_ANY) == 0, strerror(errno));
  slice::setUp(netlink, own, true);
  links[name] = kj::mv(carried);
}

void Egre::remove(const std::string& name) {
  auto found = links.find(name);
  if (found == links.end()) return;
  auto& carried = found->second;
  auto flow = flowOf(carried.tunnel, carried.end);
  bpf_map_delete_elem(map("ends"), &flow);
  bpf_map_delete_elem(map("tunnels"), &carried.device);
  auto underlay = carried.underlay;
  links.erase(found);
  for (auto& [other, each] : links)
    if (each.underlay == underlay) return;
  underlays.erase(underlay);
}

}  // namespace xylem::slice
