#pragma once
// PrefixList: a set of prefixes, given as prefixes with the lengths that count of what they cover.
//
//     PrefixList list;
//     list.add(net, {8, 24});                  net itself, if that is at least a /8, and what it covers down to /24
//     list.finish();
//     if (list.has(other)) ...
//
// A question costs one look-up of the longest match, whatever the number of entries: each entry knows what the entries
// that cover it allow as well.

#include <net/trie.h>

namespace xylem::policy {

using kj::uint;

struct Lengths {
  // From `least` to `most`, both included. What is shorter than the entry itself means nothing.
  uint least, most;
};

class PrefixList {
 public:
  void add(net::IpNet net, Lengths lengths);
  // A prefix may be added several times.
  void finish();
  // No more is added; needed before the first question.

  bool has(net::IpNet net) const;
  size_t size() const { return ip4.trie.size() + ip6.trie.size(); }

 private:
  template <typename Net> struct Half {
    struct Bits {
      uint64_t words[Net::Address::WIDTH / 64 + 1] = {};
      // A bit for each length.
      bool has(uint length) const { return words[length / 64] >> length % 64 & 1; }
    };
    net::Trie<Net, Bits> trie;

    void add(Net net, Lengths lengths);
    void finish();
    bool has(Net net) const;
  };
  Half<net::Ip4Net> ip4;
  Half<net::Ip6Net> ip6;
};

}  // namespace xylem::policy
