// What fits is asked of the kernel, which knows the way: the path MTU of a socket that is connected.
//
// Every raw socket of a protocol gets each packet of it. So that slices do not wake up for each other's, the kernel
// compares the key before that (classic BPF).

#include <slice/gate.h>
#include <slice/underlay.h>

#include <arpa/inet.h>
#include <kj/debug.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace xylem::slice {

namespace {

constexpr size_t MOST_KEYS = 2000;
// In a filter of at most 4096 instructions.

sockaddr_in socketAddress(net::Ip4 address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(4789);
  out.sin_addr.s_addr = htonl(address.bits);
  return out;
}

std::string print(net::Ip4 address) { return net::Ip(address).toString().cStr(); }

std::string whyNot(const Link& link, int near, uint32_t mtu) {
  auto& tunnel = *link.tunnel;
  auto here = socketAddress(tunnel.addresses[near]), there = socketAddress(tunnel.addresses[1 - near]);
  int fd;
  KJ_SYSCALL(fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  kj::AutoCloseFd owned(fd);
  here.sin_port = 0;
  if (bind(fd, reinterpret_cast<sockaddr*>(&here), sizeof(here)) < 0)
    return "this machine does not have the address " + print(tunnel.addresses[near]) + " of its host";
  if (connect(fd, reinterpret_cast<sockaddr*>(&there), sizeof(there)) < 0)
    return "link " + link.name + ": there is no way to " + print(tunnel.addresses[1 - near]) + ": " + strerror(errno);
  int longest;
  socklen_t size = sizeof(longest);
  KJ_SYSCALL(getsockopt(fd, IPPROTO_IP, IP_MTU, &longest, &size));
  if (mtu + tunnel.overhead() <= uint32_t(longest)) return "";
  return "link " + link.name + ": packets of " + std::to_string(mtu) + " bytes do not fit; on the way to " +
         print(tunnel.addresses[1 - near]) + " there is room for " + std::to_string(longest) +
         ", of which the tunnel takes " + std::to_string(tunnel.overhead()) + ": mtu " +
         std::to_string(uint32_t(longest) - tunnel.overhead()) + " at most, for example by: defaults { link { mtu " +
         std::to_string(uint32_t(longest) - tunnel.overhead()) + "; } }";
}

}  // namespace

std::string unfit(const Slice& slice) {
  if (slice.gate && slice.gate->device.empty() && wayOut().empty())
    return "this machine has no default route by which the slice could be left; name a device: egress nat { device "
           "eth0; }";
  if (slice.gate && !slice.gate->device.empty() && indexOf(slice.gate->device) == 0)
    return "this machine has no device \"" + slice.gate->device + "\", by which the slice is to be left";
  for (auto& link : slice.links) {
    if (!link.tunnel) continue;
    int near = slice.endsHere(link).at(0);
    auto& end = link.ends[near];
    auto problem = whyNot(link, near, slice.node(end.node)->interface(end.interface)->mtu);
    if (!problem.empty()) return problem;
  }
  return "";
}

kj::AutoCloseFd openEgre(net::Ip4 local) {
  int fd, on = 1, room = 8 << 20;
  KJ_SYSCALL(fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_GRE));
  kj::AutoCloseFd owned(fd);
  admit(fd, {});
  auto here = socketAddress(local);
  KJ_SYSCALL(setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &on, sizeof(on)));
  KJ_SYSCALL(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)));
  KJ_SYSCALL(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)));
  KJ_SYSCALL(bind(fd, reinterpret_cast<sockaddr*>(&here), sizeof(here)));
  return owned;
}

void admit(int socket, const std::vector<uint32_t>& keys) {
  constexpr uint32_t KEYED_ETHERNET = 0x20006558;
  KJ_REQUIRE(keys.size() <= MOST_KEYS, "a slice has at most so many tunnels of this kind on a host", MOST_KEYS);
  std::vector<sock_filter> program{BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0),
                                   BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KEYED_ETHERNET, 1, 0),
                                   BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_LD | BPF_W | BPF_IND, 4)};
  for (auto key : keys) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, key, 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, ~0u));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
  sock_fprog filter{uint16_t(program.size()), program.data()};
  KJ_SYSCALL(setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)));
}

}  // namespace xylem::slice
