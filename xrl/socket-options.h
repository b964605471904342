#pragma once
// Options of sockets that more than one process sets: the FEA on those it opens, their owners on those they accept.
//
// Each says whether the system took it; if not, errno says why.

#include <net/bytes.h>

namespace xylem::xrl {

bool setHops(int fd, uint version, uint hops);
// TTL or hop limit of what is sent to one destination.
bool setMinHops(int fd, uint version, uint least);
// What arrives on a TCP socket with a lower one is dropped (RFC 5082).
bool setTcpKey(int fd, net::IpNet peer, net::Bytes key);
// Of TCP MD5 signatures (RFC 2385), for all peers with addresses of a prefix, which is of the socket's version; an
// empty one takes it away. At most MAX_TCP_KEY bytes.

constexpr size_t MAX_TCP_KEY = 80;

}  // namespace xylem::xrl
