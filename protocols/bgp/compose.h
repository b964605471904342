#pragma once
// UPDATE messages from attributes and prefixes.
//
//     ByteWriter block;
//     encodeAttributes(attributes, {as4, family}, block);
//     Composer composer(family, addPath, negotiated.maxSent, out);
//     if (!composer.begin(attributes.nextHop, attributes.linkLocal, block.bytes())) ...  they cannot be sent
//     for (...) composer.announce(destination);
//     for (...) composer.withdraw(destination);
//     composer.finish();
//
// Messages come out whole, one behind another, each as full as the limit allows.

#include <protocols/bgp/message.h>
#include <protocols/bgp/nlri.h>

#include <policy/attributes.h>

namespace xylem::bgp {

struct Encoding {
  bool as4 = true;
  Family family = Family::IPV4_UNICAST;
};

bool usesMultiprotocol(Family family, net::Ip nextHop);
// Whether such routes travel in MP_REACH_NLRI, with their next hop. Only those of IPv4 unicast with a next hop of IPv4
// do not.

void encodeAttributes(const policy::Attributes& attributes, const Encoding& encoding, net::ByteWriter& out);
// In ascending order of types, without MP attributes. Equal attributes make equal bytes, and decoding gives them back,
// if no AS_SET has more than 255 members. To a peer with two-octet AS numbers, numbers that are greater travel in
// AS4_PATH and AS4_AGGREGATOR.

kj::Array<kj::byte> encodeEndOfRib(Family family);

class Composer {
 public:
  Composer(Family family, bool addPath, size_t max, net::ByteWriter& out)
      : family(family), addPath(addPath), max(max), out(out) {}
  KJ_DISALLOW_COPY(Composer);

  bool begin(net::Ip nextHop, net::Ip6 linkLocal, Bytes attributes);
  // Attributes of what is announced from now on; `attributes` must live until then. False when they leave no room for a
  // prefix in a message: whoever has the routes must not be left with older ones (RFC 8654 section 5), so withdraw
  // them.
  template <typename Address> void announce(const Destination<Address>& destination) {
    put(REACH, destination.path, destination.net.address(), destination.net.length());
  }
  template <typename Address> void withdraw(const Destination<Address>& destination) {
    put(UNREACH, destination.path, destination.net.address(), destination.net.length());
  }
  void finish();
  // After the last one.

  uint messages() const { return count; }

 private:
  enum Kind { NONE, REACH, UNREACH };
  static constexpr size_t LARGEST = 4 + 1 + 16;
  // A prefix.

  void put(Kind kind, uint32_t path, net::Ip4 address, uint length);
  void put(Kind kind, uint32_t path, net::Ip6 address, uint length);
  void add(Kind kind, kj::byte* prefix, uint32_t path, uint length);
  void open(Kind kind);
  void close();
  size_t behind() const { return kind == UNREACH ? 2 : multiprotocol ? attributes.size() : 0; }
  // Bytes that `close` may add.

  Family family;
  bool addPath;
  size_t max;
  net::ByteWriter& out;
  bool multiprotocol = false;
  net::Ip nextHop;
  net::Ip6 linkLocal;
  Bytes attributes;
  Kind kind = NONE;
  // Of the message that is open.
  size_t start = 0, list = 0;
  // Where it begins; where its attributes (an announcement) or withdrawn routes do.
  uint count = 0;
};

}  // namespace xylem::bgp
