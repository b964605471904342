#pragma once
// Routes as netlink messages of fixed layout: made by copying a template and patching what differs.

#include <fea/netlink.h>
#include <sys/socket.h>

namespace xylem::fea {

struct Attribute32 {
  rtattr header;
  uint32_t value;
};

template <typename Address> struct RouteMessage {
  nlmsghdr header;
  rtmsg route;
  Attribute32 priority;
  rtattr destination;
  kj::byte address[Address::WIDTH / 8];
  Attribute32 nexthop;
  // Left out unless the route has a nexthop object.

  static constexpr size_t WHOLE = 16 + 12 + 8 + 4 + Address::WIDTH / 8 + 8;

  RouteMessage(uint8_t protocol, uint32_t metric);

  size_t install(net::Prefix<Address> net, uint32_t kernelId);
  size_t installUnreachable(net::Prefix<Address> net);
  size_t withdraw(net::Prefix<Address> net);
  // Become that request; the size of it.

 private:
  void become(uint16_t type, uint16_t flags, net::Prefix<Address> net) {
    header.nlmsg_type = type;
    header.nlmsg_flags = uint16_t(NLM_F_REQUEST | flags);
    route.rtm_dst_len = uint8_t(net.length());
    net.address().toBytes(address);
  }
};

static_assert(sizeof(RouteMessage<net::Ip4>) == RouteMessage<net::Ip4>::WHOLE);
static_assert(sizeof(RouteMessage<net::Ip6>) == RouteMessage<net::Ip6>::WHOLE);

template <typename Address> RouteMessage<Address>::RouteMessage(uint8_t protocol, uint32_t metric) : header{}, route{} {
  route.rtm_family = Address::VERSION == 4 ? AF_INET : AF_INET6;
  route.rtm_table = RT_TABLE_MAIN;
  route.rtm_protocol = protocol;
  priority = {{RTA_LENGTH(4), RTA_PRIORITY}, metric};
  destination = {RTA_LENGTH(sizeof(address)), RTA_DST};
  nexthop = {{RTA_LENGTH(4), RTA_NH_ID}, 0};
}

template <typename Address> size_t RouteMessage<Address>::install(net::Prefix<Address> net, uint32_t kernelId) {
  become(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, net);
  route.rtm_scope = RT_SCOPE_UNIVERSE;
  route.rtm_type = RTN_UNICAST;
  nexthop.value = kernelId;
  return WHOLE;
}

template <typename Address> size_t RouteMessage<Address>::installUnreachable(net::Prefix<Address> net) {
  become(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, net);
  route.rtm_scope = RT_SCOPE_UNIVERSE;
  route.rtm_type = RTN_UNREACHABLE;
  return WHOLE - sizeof(nexthop);
}

template <typename Address> size_t RouteMessage<Address>::withdraw(net::Prefix<Address> net) {
  become(RTM_DELROUTE, 0, net);
  route.rtm_scope = RT_SCOPE_NOWHERE;
  route.rtm_type = RTN_UNSPEC;
  return WHOLE - sizeof(nexthop);
}

class RouteRow {
  // A route that the kernel tells of, in a dump or an event.
 public:
  explicit RouteRow(const nlmsghdr& message);

  net::IpNet net;
  // None if the message makes no sense.
  uint8_t protocol, type;
  uint32_t table, metric, kernelId;
  bool isCopy;
  // A cached entry, not a route.
};

}  // namespace xylem::fea
