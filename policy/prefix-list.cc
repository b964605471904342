// The trie walks shorter prefixes before those they cover, so one walk hands down what is allowed.

#include <policy/prefix-list.h>

namespace xylem::policy {

template <typename Net> void PrefixList::Half<Net>::add(Net net, Lengths lengths) {
  auto& bits = trie.findOrInsert(net, Bits());
  for (uint length = kj::max(lengths.least, net.length()); length <= kj::min(lengths.most, Net::Address::WIDTH);
       ++length)
    bits.words[length / 64] |= uint64_t(1) << length % 64;
}

template <typename Net> void PrefixList::Half<Net>::finish() {
  trie.each([this](Net net, Bits& bits) {
    KJ_IF_MAYBE (outer, trie.lessSpecific(net))
      for (auto i : kj::indices(bits.words)) bits.words[i] |= outer->value.words[i];
  });
}

template <typename Net> bool PrefixList::Half<Net>::has(Net net) const {
  KJ_IF_MAYBE (match, trie.longestMatch(net)) return match->value.has(net.length());
  return false;
}

void PrefixList::add(net::IpNet net, Lengths lengths) {
  if (net.is4()) ip4.add(net.v4(), lengths);
  if (net.is6()) ip6.add(net.v6(), lengths);
}

void PrefixList::finish() {
  ip4.finish();
  ip6.finish();
}

bool PrefixList::has(net::IpNet net) const { return net.is4() ? ip4.has(net.v4()) : net.is6() && ip6.has(net.v6()); }

}  // namespace xylem::policy
