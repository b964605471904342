// Rules stand in tables of the slice's own, before those of the machine's administrator (priority -10), and only ever
// speak of the slice's device; so both hold. What comes from a slice may leave by one device, and gets nowhere else:
// not to the machine, whatever its addresses, nor to another slice, even by a port that leads into that. What comes to
// it is the answer to that, or comes by a port that leads into it.
//
// Answers go back by the node that the question came by, whichever node asked: connections are marked with their way,
// and each mark has a route.

#include <slice/gate.h>
#include <slice/names.h>
#include <slice/text.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netinet/in.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

namespace xylem::slice {

namespace {

constexpr const char* PREFIX = "xgate.";
constexpr auto UPLINKS = net::Ip4::of(100, 127, 0, 0);

std::string address(net::Ip address) { return address.toString().cStr(); }

std::string tableOf(const Place& place) { return "inet xylem-" + place.domain + "-" + place.name; }

std::string forwardingOf(const std::string& device) { return "/proc/sys/net/ipv4/conf/" + device + "/forwarding"; }

bool isLastGate(const Place& place) {
  auto all = if_nameindex();
  KJ_DEFER(if_freenameindex(all));
  for (auto each = all; each != nullptr && each->if_index != 0; ++each)
    if (std::string name = each->if_name; name.starts_with(PREFIX) && name != gateDevice(place)) return false;
  return true;
}

}  // namespace

std::string wayOut() {
  std::ifstream routes("/proc/thread-self/net/route");
  std::string line;
  std::getline(routes, line);
  for (std::string device, to, rest; routes >> device >> to && std::getline(routes, rest);)
    if (to == "00000000") return device;
  return "";
}

std::string gateDevice(const Place& place) {
  char digits[9];
  snprintf(digits, sizeof(digits), "%08x", unsigned(hashOf(place.domain + "/" + place.name)));
  return std::string(PREFIX) + digits;
}

net::Ip4 freeUplink(const std::string& slice) {
  std::set<uint32_t> taken;
  Netlink netlink;
  Request ask(RTM_GETADDR, 0, ifaddrmsg{});
  netlink.dump(ask, [&](const nlmsghdr& message) {
    auto header = static_cast<const ifaddrmsg*>(NLMSG_DATA(&message));
    int left = int(IFA_PAYLOAD(&message));
    for (auto each = IFA_RTA(header); header->ifa_family == AF_INET && RTA_OK(each, left); each = RTA_NEXT(each, left))
      if (each->rta_type == IFA_LOCAL) taken.insert(ntohl(*static_cast<const uint32_t*>(RTA_DATA(each))));
  });
  constexpr uint32_t PAIRS = 1 << 15;
  auto start = uint32_t(hashOf("uplink " + slice));
  for (uint32_t i = 0; i < PAIRS; ++i)
    if (auto bits = UPLINKS.bits | (start + i) % PAIRS << 1; taken.count(bits) == 0) return {bits};
  KJ_FAIL_REQUIRE("this machine has no addresses left for ways out of slices");
}

std::string otherEnd(const Gate::Way& way) { return deviceOf("way " + way.node, 0); }

uint32_t markOf(const Gate::Way& way) { return 0x10000 | (way.gateway.v4().bits & 0xffff); }

std::string machineRules(const Place& place, const Gate& gate, const Uplink& uplink) {
  auto own = '"' + uplink.device + '"', out = '"' + uplink.out + '"';
  std::string ports;
  for (auto& each : gate.forwards)
    ports += each.protocol + " dport " + std::to_string(each.port) + " dnat ip to " + address(uplink.slice) + "\n";
  return "table " + tableOf(place) + R"( {
    chain ports {
      )" +
         ports + R"(
    }
    chain arriving {
      type nat hook prerouting priority dstnat - 10
      iifname )" +
         out + R"( ip daddr != 127.0.0.0/8 fib daddr type local jump ports
    }
    chain own {
      type nat hook output priority -110
      ip daddr != 127.0.0.0/8 fib daddr type local jump ports
    }
    chain leaving {
      type nat hook postrouting priority srcnat - 10
      ip saddr )" +
         address(uplink.slice) + R"( masquerade
    }
    chain passing {
      type filter hook forward priority -10
      iifname )" +
         own + " oifname != " + out + R"( drop
      iifname )" +
         own + R"( ct state invalid drop
      oifname )" +
         own + R"( ct state { established, related } accept
      oifname )" +
         own + R"( ct status dnat accept
      oifname )" +
         own + R"( drop
    }
    chain here {
      type filter hook input priority -10
      iifname )" +
         own + R"( ct state != { established, related } drop
    }
  })";
}

std::string sliceRules(const Gate& gate, const std::string& up, const Uplink& uplink) {
  std::string leaving, ports, marks;
  for (auto& each : gate.ways) {
    if (!each.leaves) continue;
    leaving += "iifname \"" + otherEnd(each) + "\" oifname \"" + up + "\" accept\n";
    marks += "iifname \"" + otherEnd(each) + "\" ct state new ct mark set " + std::to_string(markOf(each)) + "\n";
  }
  for (auto& each : gate.forwards)
    ports += "iifname \"" + up + "\" " + each.protocol + " dport " + std::to_string(each.port) + " dnat ip to " +
             address(gate.way(each.node)->address.address()) + ":" + std::to_string(each.to) + "\n";
  return R"(table inet gate {
    chain marking {
      type filter hook prerouting priority mangle
      )" +
         marks + R"(
      iifname ")" +
         up + R"(" meta mark set ct mark
    }
    chain arriving {
      type nat hook prerouting priority dstnat
      )" +
         ports + R"(
    }
    chain leaving {
      type nat hook postrouting priority srcnat
      oifname ")" +
         up + R"(" masquerade
      ct status dnat masquerade
    }
    chain passing {
      type filter hook forward priority filter; policy drop
      ct state { established, related } accept
      iifname ")" +
         up + R"(" ct status dnat accept
      )" +
         leaving + R"(
    }
    chain here {
      type filter hook input priority filter; policy drop
      ct state { established, related } accept
      icmp type echo-request accept
    }
  })";
}

void applyRules(const std::string& rules) {
  auto context = nft_ctx_new(NFT_CTX_DEFAULT);
  KJ_DEFER(nft_ctx_free(context));
  nft_ctx_buffer_error(context);
  nft_ctx_buffer_output(context);
  if (nft_run_cmd_from_buffer(context, rules.c_str()) == 0) return;
  auto why = text(nft_ctx_get_error_buffer(context));
  KJ_FAIL_REQUIRE("the kernel does not take rules for address translation", why.substr(0, why.find('\n')).c_str());
}

void forward(const Place& place, const std::string& device) {
  char now = '1';
  std::ifstream(forwardingOf(device)) >> now;
  if (now == '1') return;
  std::ofstream(place.base + "/forwarding." + device) << now << "\n";
  writeFile(forwardingOf(device), "1");
}

kj::AutoCloseFd reservePort(const Gate::Forward& forward) {
  int fd;
  KJ_SYSCALL(fd = socket(AF_INET, (forward.protocol == "tcp" ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
  kj::AutoCloseFd owned(fd);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(forward.port);
  KJ_SYSCALL(bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof(any)),
             "this port of the machine is somebody else's already", forward.protocol.c_str(), forward.port);
  return owned;
}

void closeGate(const Place& place) {
  bool had = false;
  for (auto& [kind, name] : Journal::read(place.folder())) had = had || kind == "gate";
  if (!had) return;
  // To declare it first is how to delete what may not be there.
  applyRules("table " + tableOf(place) + "\ndelete table " + tableOf(place) + "\n");
  if (!isLastGate(place)) return;
  std::error_code error;
  std::vector<std::filesystem::path> remembered;
  for (auto& each : std::filesystem::directory_iterator(place.base, error))
    if (each.path().filename().string().starts_with("forwarding.")) remembered.push_back(each.path());
  for (auto& each : remembered) {
    auto device = each.filename().string().substr(strlen("forwarding."));
    if (access(forwardingOf(device).c_str(), W_OK) == 0) writeFile(forwardingOf(device), "0");
    unlink(each.c_str());
  }
}

}  // namespace xylem::slice
