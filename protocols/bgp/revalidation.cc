// A walk over the tries of the tables, that goes on by the last prefix.

#include <protocols/bgp/revalidation.h>

#include <protocols/bgp/speaker.h>

namespace xylem::bgp {

namespace {

template <typename Net> Net as(net::IpNet net) {
  if constexpr (Net::VERSION == 4)
    return net.v4();
  else
    return net.v6();
}

}  // namespace

template <typename Net> bool Revalidation::walk(Tables<Net>& tables, Net within, uint& left) {
  // Whether it is through.
  typename net::Trie<Net, uint32_t>::Cursor cursor(within);
  if (!last.isNone()) cursor.skipTo(as<Net>(last));
  for (; left > 0; --left) {
    KJ_IF_MAYBE (entry, cursor.next(tables.table.index())) {
      if (imports) tables.table.reimportAt(entry->value);
      if (exports) tables.table.touch(entry->value);
      last = entry->net;
    } else {
      last = {};
      return true;
    }
  }
  return false;
}

bool Revalidation::walkAll(net::IpNet within, uint& left) {
  bool isThrough = true;
  speaker.each([&](auto& tables) {
    using Net = typename decltype(tables.table)::Net;
    auto family = tables.family;
    if (!isThrough || isIp4(family) != within.is4() || walked.has(family)) return;
    isThrough = walk(tables, as<Net>(within), left);
    if (isThrough) walked.add(family);
  });
  return isThrough;
}

void Revalidation::askPolicies() {
  imports = exports = false;
  for (auto& [name, peer] : speaker.peers())
    for (auto family : FamilySet::all()) {
      auto& terms = peer->channel(family).terms;
      imports = imports || terms.importChain.usesRpki();
      exports = exports || terms.usesRpkiOut();
    }
}

bool Revalidation::step(uint left) {
  if (speaker.rpki.touched() == nullptr) return false;
  askPolicies();
  while (left > 0) {
    KJ_IF_MAYBE (net, speaker.rpki.touched()) {
      if ((imports || exports) && !walkAll(*net, left)) return true;
      walked = {};
      last = {};
      speaker.rpki.settled();
      left -= kj::min(left, 1u);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace xylem::bgp
