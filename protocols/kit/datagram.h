#pragma once
// Datagrams from sockets of the FEA (kit::Sockets::udp and raw), with what the kernel says of each beside its bytes.

#include <net/bytes.h>
#include <net/sockaddr.h>

namespace xylem::kit {

struct Arrival {
  net::Bytes bytes;
  // In the buffer; what did not fit is lost.
  net::Endpoint from;
  // None: nobody that has an address of IPv4 or IPv6.
  net::Ip to;
  // What it was sent to. None: not known.
  bool multicast = false;
  // That is a group.
  kj::Maybe<uint8_t> hops;
  // TTL or hop limit that it came with, if it is known.
};

kj::Maybe<Arrival> receive(int fd, kj::ArrayPtr<kj::byte> buffer);
// The next one; nothing when none is there, or the socket has failed.

}  // namespace xylem::kit
