#pragma once
// Names and addresses that follow from what a slice, a node or a link is called. They depend on nothing else, unless
// two would be the same: then the one that comes later in the file takes the next that is free.

#include <net/ip.h>
#include <net/mac.h>

#include <set>
#include <string>
#include <vector>

namespace xylem::slice {

uint64_t hashOf(const std::string& text);
// The same on all machines.

net::Mac macOf(const std::string& slice, const std::string& node, const std::string& interface);
// Locally administered.

std::string namespaceOf(const std::string& slice, const std::string& node);
// x.SLICE.NODE

class Pool4 {
  // Blocks of one length out of a prefix.
 public:
  Pool4(net::Ip4Net from, uint32_t length) : from(from), length(length) {}

  void avoid(net::Ip4Net net) { avoided.push_back(net); }

  kj::Maybe<net::Ip4Net> take(const std::string& name);
  // None is left otherwise.

 private:
  net::Ip4Net from;
  uint32_t length;
  std::set<uint32_t> taken;
  std::vector<net::Ip4Net> avoided;
};

class Pool6 {
  // Unique local addresses (RFC 4193) of a slice: fdXX:XXXX:XXXX:SUBNET::N, the same N as the IPv4 block was found at.
 public:
  explicit Pool6(const std::string& slice) : site(0xfdull << 56 | (hashOf("site " + slice) & 0xffffffffff) << 16) {}

  net::Ip6 link(const std::string& name);
  // The lower of two addresses of a /127.
  net::Ip6 loopback(const std::string& name);
  net::Ip6Net lan(const std::string& name);
  // A /64.

 private:
  uint64_t number(const std::string& name, uint64_t mask);

  uint64_t site;
  std::set<std::pair<uint64_t, uint64_t>> taken;
};

}  // namespace xylem::slice
