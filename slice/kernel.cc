// Devices and addresses. Namespaces are in namespaces.cc.

#include <slice/kernel.h>
#include <slice/text.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <linux/ethtool.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/pkt_sched.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace xylem::slice {

kj::AutoCloseFd openPath(const std::string& path, int flags) {
  int fd;
  KJ_SYSCALL(fd = open(path.c_str(), flags | O_CLOEXEC), path.c_str());
  return kj::AutoCloseFd(fd);
}

void writeFile(const std::string& path, const std::string& text) {
  auto file = openPath(path, O_WRONLY);
  KJ_SYSCALL(write(file, text.data(), text.size()), path.c_str(), text.c_str());
}

void setDefaults() {
  struct Value {
    const char *path, *value;
  };
  for (auto [path, value] : {Value{"ipv6/conf/default/router_solicitations", "0"},
                             {"ipv6/conf/default/accept_ra", "0"},
                             {"ipv6/conf/default/accept_dad", "0"},
                             {"ipv6/conf/all/accept_dad", "0"},
                             {"ipv6/conf/default/keep_addr_on_down", "1"},
                             {"ipv6/conf/all/keep_addr_on_down", "1"},
                             {"ipv4/conf/all/rp_filter", "0"},
                             {"ipv4/conf/default/rp_filter", "0"},
                             {"ipv4/ping_group_range", "0 65535"}})
    if (access(("/proc/sys/net/" + std::string(path)).c_str(), W_OK) == 0) {
      auto file = openPath("/proc/sys/net/" + std::string(path), O_WRONLY);
      [[maybe_unused]] auto written = write(file, value, strlen(value));
    }
}

namespace {

void describe(Request& request, const Interface& device, int network) {
  uint8_t mac[6];
  device.mac.toBytes(mac);
  request.put(IFLA_IFNAME, std::string_view(device.name));
  request.put(IFLA_MTU, device.mtu);
  if (!device.mac.isZero()) request.put(IFLA_ADDRESS, mac, sizeof(mac));
  request.put(IFLA_NET_NS_FD, uint32_t(network));
}

ifinfomsg about(const std::string& device) {
  ifinfomsg header{};
  header.ifi_index = indexOf(device);
  KJ_REQUIRE(header.ifi_index != 0, "there is no such device", device.c_str());
  return header;
}

}  // namespace

Interface plain(const std::string& name, uint32_t mtu) { return {name, {}, {}, mtu}; }

void makeVeth(Netlink& netlink, const Interface& a, int networkA, const Interface& b, int networkB) {
  Request add(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  describe(add, a, networkA);
  auto info = add.nest(IFLA_LINKINFO);
  add.put(IFLA_INFO_KIND, "veth");
  auto data = add.nest(IFLA_INFO_DATA);
  auto peer = add.nest(VETH_INFO_PEER);
  ifinfomsg header{};
  add.append(&header, sizeof(header));
  describe(add, b, networkB);
  add.end(peer);
  add.end(data);
  add.end(info);
  netlink.request(add, kj::str("cannot make the devices ", ptr(a.name), " and ", ptr(b.name)));
}

void makeVxlan(Netlink& netlink, const Interface& device, int network, const Tunnel& tunnel, int end) {
  constexpr uint16_t PORT = __builtin_bswap16(4789);
  Request add(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  describe(add, device, network);
  auto info = add.nest(IFLA_LINKINFO);
  add.put(IFLA_INFO_KIND, "vxlan");
  auto data = add.nest(IFLA_INFO_DATA);
  add.put(IFLA_VXLAN_ID, tunnel.key);
  add.put(IFLA_VXLAN_LOCAL, net::Ip(tunnel.addresses[end]));
  add.put(IFLA_VXLAN_GROUP, net::Ip(tunnel.addresses[1 - end]));
  add.put(IFLA_VXLAN_PORT, &PORT, sizeof(PORT));
  uint8_t off = 0;
  add.put(IFLA_VXLAN_LEARNING, &off, sizeof(off));
  add.end(data);
  add.end(info);
  netlink.request(add, kj::str("cannot make the device ", ptr(device.name), " of the VXLAN network ", tunnel.key,
                               ", which must be the only one of that number on a machine (a link's key)"));
}

void makeBridge(Netlink& netlink, const std::string& name, uint32_t mtu) {
  Request add(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  add.put(IFLA_IFNAME, std::string_view(name));
  add.put(IFLA_MTU, mtu);
  auto info = add.nest(IFLA_LINKINFO);
  add.put(IFLA_INFO_KIND, "bridge");
  add.end(info);
  netlink.request(add, kj::str("cannot make the bridge ", ptr(name)));
}

void enslave(Netlink& netlink, const std::string& device, const std::string& bridge) {
  Request change(RTM_NEWLINK, 0, about(device));
  change.put(IFLA_MASTER, uint32_t(indexOf(bridge)));
  netlink.request(change, kj::str("cannot put ", ptr(device), " on the bridge ", ptr(bridge)));
}

int indexOf(const std::string& device) { return int(if_nametoindex(device.c_str())); }

void removeDevice(Netlink& netlink, const std::string& device) {
  if (indexOf(device) == 0) return;
  Request remove(RTM_DELLINK, 0, about(device));
  netlink.request(remove, kj::str("cannot remove the device ", ptr(device)));
}

void setUp(Netlink& netlink, const std::string& device, bool up) {
  auto header = about(device);
  header.ifi_change = IFF_UP;
  header.ifi_flags = up ? IFF_UP : 0;
  Request change(RTM_NEWLINK, 0, header);
  netlink.request(change, kj::str("cannot set ", ptr(device), up ? " up" : " down"));
}

void addAddress(Netlink& netlink, const std::string& device, const net::IfAddr& address) {
  ifaddrmsg header{};
  header.ifa_family = address.version() == 4 ? AF_INET : AF_INET6;
  header.ifa_prefixlen = uint8_t(address.length());
  header.ifa_index = uint32_t(indexOf(device));
  Request add(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, header);
  add.put(IFA_LOCAL, address.address());
  add.put(IFA_ADDRESS, address.address());
  if (address.version() == 6) add.put(IFA_FLAGS, uint32_t(IFA_F_NODAD));
  netlink.request(add, kj::str("cannot give ", ptr(device), " the address ", address));
}

void removeAddresses(Netlink& netlink, const std::string& device) {
  auto index = uint32_t(indexOf(device));
  std::vector<std::vector<char>> found;
  Request ask(RTM_GETADDR, 0, ifaddrmsg{});
  netlink.dump(ask, [&](const nlmsghdr& message) {
    auto header = static_cast<const ifaddrmsg*>(NLMSG_DATA(&message));
    if (message.nlmsg_type != RTM_NEWADDR || header->ifa_index != index || header->ifa_scope >= RT_SCOPE_LINK) return;
    auto from = static_cast<const char*>(NLMSG_DATA(&message));
    found.emplace_back(from, from + message.nlmsg_len - NLMSG_HDRLEN);
  });
  for (auto& each : found) {
    Request remove(RTM_DELADDR, 0, *reinterpret_cast<const ifaddrmsg*>(each.data()));
    remove.append(each.data() + sizeof(ifaddrmsg), each.size() - sizeof(ifaddrmsg));
    netlink.tryRequest(remove);
  }
}

namespace {

rtmsg staticRoute(const net::Ip& gateway) {
  rtmsg header{};
  header.rtm_family = gateway.is4() ? AF_INET : AF_INET6;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_type = RTN_UNICAST;
  return header;
}

}  // namespace

void setGateway(Netlink& netlink, const net::Ip& gateway) {
  Request add(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, staticRoute(gateway));
  add.put(RTA_GATEWAY, gateway);
  netlink.request(add, kj::str("cannot set the default route by ", gateway));
}

void setGatewayOfMark(Netlink& netlink, const net::Ip& gateway, uint32_t mark) {
  auto header = staticRoute(gateway);
  header.rtm_table = RT_TABLE_UNSPEC;
  Request add(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, header);
  add.put(RTA_GATEWAY, gateway);
  add.put(RTA_TABLE, mark);
  netlink.request(add, kj::str("cannot set a route by ", gateway));
  fib_rule_hdr rule{};
  rule.family = AF_INET;
  rule.action = FR_ACT_TO_TBL;
  Request choose(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule);
  choose.put(FRA_FWMARK, mark);
  choose.put(FRA_TABLE, mark);
  auto error = netlink.tryRequest(choose);
  KJ_REQUIRE(error == 0 || error == EEXIST, "cannot choose routes by a mark", mark, netlink.why);
}

void setRate(Netlink& netlink, const std::string& device, const Shape& shape, uint32_t mtu) {
  tcmsg header{};
  header.tcm_ifindex = indexOf(device);
  header.tcm_parent = TC_H_ROOT;
  Request remove(RTM_DELQDISC, 0, header);
  netlink.tryRequest(remove);
  if (shape.rate == 0) return;
  auto bytes = shape.rate / 8;
  // Two milliseconds, and never less than one large packet.
  auto burst = uint32_t(std::max<uint64_t>(mtu + 64, std::min<uint64_t>(bytes / 500, 1 << 20)));
  tc_tbf_qopt options{};
  options.rate.linklayer = TC_LINKLAYER_ETHERNET;
  options.rate.rate = uint32_t(std::min<uint64_t>(bytes, ~uint32_t(0)));
  options.limit = uint32_t(std::min<uint64_t>(uint64_t(shape.queue) * (mtu + 14), 1u << 31));
  header.tcm_handle = 1 << 16;
  Request add(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, header);
  add.put(TCA_KIND, "tbf");
  auto nest = add.nest(TCA_OPTIONS);
  add.put(TCA_TBF_PARMS, &options, sizeof(options));
  add.put(TCA_TBF_BURST, burst);
  if (bytes > ~uint32_t(0)) add.put(TCA_TBF_RATE64, &bytes, sizeof(bytes));
  add.end(nest);
  netlink.request(add, kj::str("cannot limit the rate of ", ptr(device)));
}

void setOffload(const std::string& device, bool on) {
  int fd;
  KJ_SYSCALL(fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  kj::AutoCloseFd owned(fd);
  for (auto command : {ETHTOOL_STXCSUM, ETHTOOL_SGSO}) {
    ifreq request{};
    strncpy(request.ifr_name, device.c_str(), IFNAMSIZ - 1);
    ethtool_value value{uint32_t(command), on};
    request.ifr_data = reinterpret_cast<char*>(&value);
    KJ_SYSCALL(ioctl(fd, SIOCETHTOOL, &request), device.c_str());
  }
}

}  // namespace xylem::slice
