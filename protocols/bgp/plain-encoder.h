#pragma once
// PlainEncoder: UPDATE messages (RFC 4271 section 4.3, RFC 4760) in the simplest form, for tests and benchmarks of what
// stands before the encoder: IPv4 in the classic place, IPv6 in MP_REACH_NLRI. No bounds on an attribute set but that
// it fits.

#include <protocols/bgp/update-group.h>

namespace xylem::bgp {

template <typename Net> class PlainEncoder final : public Encoder<Net> {
 public:
  explicit PlainEncoder(AttributePool& pool, bool addPath = false) : pool(pool), addPath(addPath) {}

  void announce(AttributeId attributes, kj::ArrayPtr<const PathKey<Net>> routes, net::ByteWriter& out) override {
    prepare(attributes);
    for (size_t at = 0; at < routes.size();) {
      begin(out);
      out.u16(0);
      size_t length = out.size();
      out.u16(0);
      out.bytes(shared.bytes());
      if constexpr (Net::VERSION == 6) {
        size_t reach = beginReach(out);
        at = put(routes, at, out);
        out.patch16(reach, uint16_t(out.size() - reach - 2));
        out.patch16(length, uint16_t(out.size() - length - 2));
      } else {
        out.patch16(length, uint16_t(out.size() - length - 2));
        at = put(routes, at, out);
      }
      end(out);
    }
  }

  void withdraw(kj::ArrayPtr<const PathKey<Net>> routes, net::ByteWriter& out) override {
    for (size_t at = 0; at < routes.size();) {
      begin(out);
      if constexpr (Net::VERSION == 6) out.u32(0);
      size_t length = out.size() - 2;
      if constexpr (Net::VERSION == 6) {
        out.u16(0x900f);
        out.u16(0);
        out.u24(0x000201);
      } else {
        out.u16(0);
        length += 2;
      }
      at = put(routes, at, out);
      if constexpr (Net::VERSION == 6) {
        out.patch16(length + 4, uint16_t(out.size() - length - 6));
        out.patch16(length, uint16_t(out.size() - length - 2));
      } else {
        out.patch16(length, uint16_t(out.size() - length - 2));
        out.u16(0);
      }
      end(out);
    }
  }

  void endOfRib(net::ByteWriter& out) override {
    begin(out);
    out.u16(0);
    if constexpr (Net::VERSION == 6) {
      out.u16(6);
      out.u24(0x800f03);
      out.u24(0x000201);
    } else {
      out.u16(0);
    }
    end(out);
  }
  void beginRefresh(net::ByteWriter& out) override { refresh(1, out); }
  void endRefresh(net::ByteWriter& out) override { refresh(2, out); }

 private:
  static constexpr size_t LARGEST = 4096, HEADER = 19;

  void begin(net::ByteWriter& out, uint8_t type = 2) {
    start = out.size();
    out.u64(~uint64_t(0));
    out.u64(~uint64_t(0));
    out.u16(0);
    out.u8(type);
  }
  void end(net::ByteWriter& out) { out.patch16(start + 16, uint16_t(out.size() - start)); }
  void refresh(uint8_t subtype, net::ByteWriter& out) {
    begin(out, 5);
    out.u16(Net::VERSION == 4 ? 1 : 2);
    out.u8(subtype);
    out.u8(1);
    end(out);
  }

  void prepare(AttributeId attributes) {
    // All but the next hop of IPv6, which goes elsewhere.
    shared.truncate(0);
    if constexpr (Net::VERSION == 6) {
      auto copy = pool.get(attributes);
      nextHop = copy.nextHop.v6();
      copy.nextHop = net::Ip();
      encode(copy, shared);
    } else {
      shared.bytes(pool.bytes(attributes));
    }
  }
  size_t beginReach(net::ByteWriter& out) {
    out.u16(0x900e);
    size_t length = out.size();
    out.u16(0);
    out.u24(0x000201);
    out.u8(16);
    out.ip(nextHop);
    out.u8(0);
    return length;
  }
  size_t put(kj::ArrayPtr<const PathKey<Net>> routes, size_t at, net::ByteWriter& out) {
    kj::byte prefix[1 + 16];
    for (; at < routes.size() && out.size() - start + 24 <= LARGEST; ++at) {
      auto net = routes[at].net;
      if (addPath) out.u32(routes[at].pathId);
      prefix[0] = kj::byte(net.length());
      net.address().toBytes(prefix + 1);
      out.bytes(kj::arrayPtr(prefix, 1 + (net.length() + 7) / 8));
    }
    return at;
  }

  AttributePool& pool;
  bool addPath;
  net::ByteWriter shared;
  net::Ip6 nextHop;
  size_t start = 0;
};

}  // namespace xylem::bgp
