// Roas of one prefix are few, so they are a list: a trie from prefixes to the first, which lie in one array.
//
// A route is valid by any Roa that covers it, has its origin and allows its length; invalid if some cover it, and none
// of them does; not found if none covers it. AS 0 matches no origin (RFC 6483 section 4).

#include <protocols/bgp/roa.h>

namespace xylem::bgp {

bool Roas::add(const Roa& roa) {
  KJ_REQUIRE(roa.isValid());
  return roa.net.is4() ? insert(trie4, roa.net.v4(), roa) : insert(trie6, roa.net.v6(), roa);
}

bool Roas::remove(const Roa& roa) {
  KJ_REQUIRE(roa.isValid());
  return roa.net.is4() ? erase(trie4, roa.net.v4(), roa) : erase(trie6, roa.net.v6(), roa);
}

template <typename Net> bool Roas::insert(net::Trie<Net, uint32_t>& trie, Net net, const Roa& roa) {
  auto& first = trie.findOrInsert(net, 0);
  for (auto at = first; at != 0; at = entries[at].next)
    if (entries[at].as == roa.as && entries[at].maxLength == roa.maxLength) {
      ++entries[at].users;
      return false;
    }
  auto place = free;
  if (place == 0) {
    place = uint32_t(entries.size());
    entries.emplace_back();
  } else {
    free = entries[place].next;
  }
  entries[place] = {roa.as, first, 1, roa.maxLength};
  first = place;
  ++count;
  return true;
}

template <typename Net> bool Roas::erase(net::Trie<Net, uint32_t>& trie, Net net, const Roa& roa) {
  auto first = trie.find(net);
  KJ_REQUIRE(first != nullptr, "there is no such ROA");
  for (auto at = first; *at != 0; at = &entries[*at].next) {
    auto place = *at;
    if (entries[place].as != roa.as || entries[place].maxLength != roa.maxLength) continue;
    if (--entries[place].users > 0) return false;
    *at = entries[place].next;
    entries[place].next = free;
    free = place;
    --count;
    if (*first == 0) trie.erase(net);
    return true;
  }
  KJ_FAIL_REQUIRE("there is no such ROA");
}

template <typename Net>
policy::Validity Roas::judge(const net::Trie<Net, uint32_t>& trie, Net net, uint32_t origin) const {
  bool isCovered = false;
  for (auto match = trie.longestMatch(net);;) {
    KJ_IF_MAYBE (covering, match) {
      isCovered = true;
      for (auto at = covering->value; at != 0; at = entries[at].next)
        if (origin != 0 && entries[at].as == origin && net.length() <= entries[at].maxLength)
          return policy::Validity::VALID;
      match = trie.lessSpecific(covering->net);
    } else {
      return isCovered ? policy::Validity::INVALID : policy::Validity::NOT_FOUND;
    }
  }
}

template <typename Net> void Roas::collect(Net net, uint32_t first, std::vector<Roa>& out) const {
  for (auto at = first; at != 0; at = entries[at].next) out.push_back({net, entries[at].maxLength, entries[at].as});
}

template <typename Net> std::vector<Roa> Roas::covering(const net::Trie<Net, uint32_t>& trie, Net net) const {
  std::vector<Roa> out;
  for (auto match = trie.longestMatch(net); match != nullptr;) {
    auto& entry = KJ_ASSERT_NONNULL(match);
    auto from = entry.net;
    collect(from, entry.value, out);
    match = trie.lessSpecific(from);
  }
  return out;
}

template <typename Net>
std::vector<Roa> Roas::within(const net::Trie<Net, uint32_t>& trie, Net net, kj::Maybe<Net> after, size_t most) const {
  std::vector<Roa> out;
  typename net::Trie<Net, uint32_t>::Cursor cursor(net);
  KJ_IF_MAYBE (behind, after) cursor.skipTo(*behind);
  while (out.size() < most) {
    auto next = cursor.next(trie);
    if (next == nullptr) break;
    auto& entry = KJ_ASSERT_NONNULL(next);
    collect(entry.net, entry.value, out);
  }
  return out;
}

std::vector<Roa> Roas::covering(net::IpNet net) const {
  return net.is4() ? covering(trie4, net.v4()) : covering(trie6, net.v6());
}

std::vector<Roa> Roas::within(net::IpNet net, kj::Maybe<net::IpNet> after, size_t most) const {
  if (net.is4()) return within(trie4, net.v4(), after.map([](net::IpNet behind) { return behind.v4(); }), most);
  return within(trie6, net.v6(), after.map([](net::IpNet behind) { return behind.v6(); }), most);
}

policy::Validity Roas::validate(net::IpNet net, uint32_t origin) const {
  return net.is4() ? judge(trie4, net.v4(), origin) : judge(trie6, net.v6(), origin);
}

}  // namespace xylem::bgp
