#pragma once
// Types, lengths and values, as extensions of OSPF have them (RFC 3623 appendix A, RFC 5613 section 2.3, RFC 7770
// section 2.3): 16 bits each of type and length, and a value that zeros fill up to a multiple of four bytes.

#include <net/bytes.h>

namespace xylem::ospf {

template <typename F> bool eachTlv(net::Bytes bytes, F&& f) {
  // f(uint16_t type, Bytes value). False: what is left is no whole one.
  net::ByteReader in(bytes);
  while (in.has(4)) {
    uint16_t type = in.u16();
    size_t length = in.u16();
    auto value = in.bytes(length);
    in.skip(kj::min((4 - length % 4) % 4, in.remaining()));
    if (!in.ok()) return false;
    f(type, value);
  }
  return in.done();
}

inline void writeTlv(net::ByteWriter& out, uint16_t type, net::Bytes value) {
  out.u16(type);
  out.u16(uint16_t(value.size()));
  out.bytes(value);
  out.zeros((4 - value.size() % 4) % 4);
}

}  // namespace xylem::ospf
