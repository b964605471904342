#pragma once
// Sockets for those who may not open them: bound, joined and set up as fea.capnp says, non-blocking, closed on exec.
//
// Pure functions of the options. What is wrong with the options, or with the system's answer, is thrown in words.
//
//   UDP   shared with others on the same port (SO_REUSEADDR) when multicast groups are joined, else alone
//   TCP   SO_REUSEADDR; with `listen` it is listening
//   raw   the kernel makes the IP header on sending; IPv4 packets arrive with theirs, IPv6 ones without
//
// UDP and raw sockets tell with each packet the interface and address it came to (IP_PKTINFO, IPV6_RECVPKTINFO) and
// its TTL or hop limit (IP_RECVTTL, IPV6_RECVHOPLIMIT). Multicast goes out on `interface`, and is not looped back.

#include <fea/fea.capnp.h>
#include <kj/io.h>

namespace xylem::fea {

kj::AutoCloseFd openUdp(Fea::UdpOptions::Reader options);
kj::AutoCloseFd openTcp(Fea::TcpOptions::Reader options);
kj::AutoCloseFd openRaw(Fea::RawOptions::Reader options);

constexpr size_t MAX_MEMBERSHIPS = 64;
constexpr size_t MAX_KEYS = 1024;

}  // namespace xylem::fea
