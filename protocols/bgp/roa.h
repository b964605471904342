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
  // False when it is there already, or is not. The Roa is valid.
  void clear();
  size_t size() const { return count; }

  policy::Validity validate(net::IpNet net, uint32_t origin) const;
  // `origin` is 0 for a path that ends in a set: such a route is never valid. The cost is that of the Roas that cover
  // it.

 private:
  struct Entry {
    uint32_t as;
    uint32_t next;
    // The next one of the same prefix; 0: none.
    uint8_t maxLength;
  };

  template <typename Net> bool insert(net::Trie<Net, uint32_t>& trie, Net net, const Roa& roa);
  template <typename Net> bool erase(net::Trie<Net, uint32_t>& trie, Net net, const Roa& roa);
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
