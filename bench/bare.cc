// Errors of the bare loop are read once a system call, with the acknowledgement of its last message.

#include <bench/bare.h>
#include <kj/debug.h>
#include <linux/nexthop.h>
#include <net/if.h>
#include <poll.h>

#include <cstring>
#include <fstream>
#include <string>

namespace xylem::bench {

void BareLoop::hop(uint32_t id, net::Ip gateway, kj::StringPtr interface) {
  nhmsg header{};
  header.nh_family = gateway.is4() ? AF_INET : AF_INET6;
  header.nh_flags = RTNH_F_ONLINK;
  fea::Message message(RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_REPLACE, header);
  message.put(NHA_ID, id);
  message.put(NHA_GATEWAY, gateway);
  message.put(NHA_OIF, uint32_t(if_nametoindex(interface.cStr())));
  KJ_IF_MAYBE (refusal, netlink.request(message)) KJ_FAIL_REQUIRE("nexthop refused", refusal->text);
}

void BareLoop::install(net::IpNet net, uint32_t hop) {
  if (net.is4())
    add(message4, message4.install(net.v4(), hop));
  else
    add(message6, message6.install(net.v6(), hop));
}

void BareLoop::withdraw(net::IpNet net) {
  if (net.is4())
    add(message4, message4.withdraw(net.v4()));
  else
    add(message6, message6.withdraw(net.v6()));
}

template <typename Fixed> void BareLoop::add(Fixed& message, size_t size) {
  message.header.nlmsg_len = uint32_t(size);
  message.header.nlmsg_seq = ++sequence;
  memcpy(buffer.data() + used, &message, size);
  last = used;
  used += NLMSG_ALIGN(size);
  if (++count == 256) flush();
}

void BareLoop::flush() {
  if (count == 0) return;
  reinterpret_cast<nlmsghdr*>(buffer.data() + last)->nlmsg_flags |= NLM_F_ACK;
  netlink.send(kj::arrayPtr(buffer.data(), used));
  bool done = false;
  while (!done) {
    auto state = netlink.receive([&](const nlmsghdr& answer) {
      auto refusal = fea::readRefusal(answer);
      KJ_REQUIRE(refusal.error == 0, "route refused", refusal.text);
      done = answer.nlmsg_seq == sequence;
    });
    KJ_REQUIRE(state == fea::Netlink::Received::MESSAGES);
  }
  used = count = 0;
}

Watch::Watch() : netlink(64 << 20) {
  netlink.subscribe(RTNLGRP_IPV4_ROUTE);
  netlink.subscribe(RTNLGRP_NEXTHOP);
}

void Watch::until(kj::FunctionParam<bool(const nlmsghdr&)> is) {
  bool seen = false;
  while (!seen) {
    pollfd ready{netlink.fd(), POLLIN, 0};
    KJ_SYSCALL(poll(&ready, 1, 10000));
    KJ_REQUIRE(ready.revents != 0, "the kernel tells of no change");
    netlink.receive([&](const nlmsghdr& message) { seen = seen || is(message); });
  }
}

void Watch::untilRoute(bool there, net::Ip4Net net) {
  until([&](const nlmsghdr& message) {
    if (message.nlmsg_type != (there ? RTM_NEWROUTE : RTM_DELROUTE)) return false;
    return fea::RouteRow(message).net == net::IpNet(net);
  });
}

void Watch::untilNexthop() {
  until([](const nlmsghdr& message) { return message.nlmsg_type == RTM_NEWNEXTHOP; });
}

uint64_t ip4Routes() {
  // The first table is the main one.
  std::ifstream in("/proc/self/net/fib_triestat");
  std::string line;
  while (std::getline(in, line)) {
    auto at = line.find("Prefixes:");
    if (at != std::string::npos) return strtoull(line.c_str() + at + 9, nullptr, 10);
  }
  return 0;
}

uint64_t ip6Routes() {
  std::ifstream in("/proc/self/net/rt6_stats");
  uint64_t fields[4];
  in >> std::hex >> fields[0] >> fields[1] >> fields[2] >> fields[3];
  return fields[3];
}

}  // namespace xylem::bench
