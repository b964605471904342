#pragma once
// What RPKI says of origins: validated payloads, and the state of a route by them (RFC 6811, RFC 9319).
//
//     Roas roas;
//     roas.add({prefix, maxLength, as});
//     roas.validate(prefix, attributes.path.origin());

#include <net/trie.h>
#include <policy/attributes.h>

#include <compare>
#include <vector>

namespace xylem::bgp {

struct Roa {
  net::IpNet net;
  uint8_t maxLength = 0;
  // Not less than the prefix's own, and no more than its address has bits.
  uint32_t as = 0;
  // 0: nobody may originate it.

  bool isValid() const { return !net.isNone() && maxLength >= net.length() && maxLength <= net.address().width(); }
  auto operator<=>(const Roa&) const = default;
};

class Roas {
 public:
  bool add(const Roa& roa);
  bool remove(const Roa& roa);
  // Several may say the same: false when it was said before, or is still said by others. The Roa is valid and, to be
  // removed, there.
  size_t size() const { return count; }

  policy::Validity validate(net::IpNet net, uint32_t origin) const;
  // `origin` is 0 for a path that ends in a set: such a route is never valid. The cost is that of the Roas that cover
  // it.

  std::vector<Roa> covering(net::IpNet net) const;
  // Those that decide about a route, from the most specific on.
  std::vector<Roa> within(net::IpNet net, kj::Maybe<net::IpNet> after, size_t most) const;
  // Of this prefix and all that it covers, in their order, behind `after`; the last prefix is told whole, whatever
  // `most` says.

 private:
  struct Entry {
    uint32_t as;
    uint32_t next;
    // The next one of the same prefix; 0: none.
    uint16_t users;
    uint8_t maxLength;
  };

  template <typename Net> bool insert(net::Trie<Net, uint32_t>& trie, Net net, const Roa& roa);
  template <typename Net> bool erase(net::Trie<Net, uint32_t>& trie, Net net, const Roa& roa);
  template <typename Net> void collect(Net net, uint32_t first, std::vector<Roa>& out) const;
  template <typename Net> std::vector<Roa> covering(const net::Trie<Net, uint32_t>& trie, Net net) const;
  template <typename Net>
  std::vector<Roa> within(const net::Trie<Net, uint32_t>& trie, Net net, kj::Maybe<Net> after, size_t most) const;
  template <typename Net> policy::Validity judge(const net::Trie<Net, uint32_t>& trie, Net net, uint32_t origin) const;

  net::Trie<net::Ip4Net, uint32_t> trie4;
  net::Trie<net::Ip6Net, uint32_t> trie6;
  // To the first of a prefix.
  std::vector<Entry> entries = std::vector<Entry>(1);
  uint32_t free = 0;
  // Those that may be used again, in a list like the others.
  size_t count = 0;
};

}  // namespace xylem::bgp
