#pragma once
// Prefixes<Net>: prefixes by number, without padding: 5 bytes for IPv4, 9 for IPv6 up to 64 bits, which nearly all are.
//
//     Prefixes<net::Ip6Net> prefixes;
//     auto index = prefixes.grow();
//     prefixes.set(index, net);
//     prefixes[index]

#include <net/ip.h>
#include <protocols/bgp/chunked.h>

namespace xylem::bgp {

template <typename Net> class Prefixes {
 public:
  uint32_t size() const { return lengths.size(); }
  uint32_t grow() {
    // One more, the default route; its index.
    heads.grow();
    return lengths.grow();
  }
  Net operator[](uint32_t index) const {
    if constexpr (Net::VERSION == 4)
      return Net({heads[index]}, lengths[index]);
    else
      return Net({heads[index], tails.get(index)}, lengths[index]);
  }
  void set(uint32_t index, Net net) {
    lengths[index] = uint8_t(net.length());
    if constexpr (Net::VERSION == 4) {
      heads[index] = net.address().bits;
    } else {
      heads[index] = net.address().high;
      tails.set(index, net.address().low);
    }
  }
  size_t bytes() const { return heads.bytes() + lengths.bytes() + tails.bytes(); }

 private:
  Chunked<std::conditional_t<Net::VERSION == 4, uint32_t, uint64_t>> heads;
  Sparse<uint64_t> tails;
  // The second halves of IPv6 addresses.
  Chunked<uint8_t> lengths;
};

}  // namespace xylem::bgp
