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

template <typename T, typename Net> bool Revalidation::walk(T& tables, Net within, uint& left) {
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

bool Revalidation::step(uint left) {
  if (speaker.rpki.touched() == nullptr) return false;
  imports = exports = false;
  for (auto& [name, peer] : speaker.peers())
    for (auto family : {Family::IPV4_UNICAST, Family::IPV6_UNICAST}) {
      auto& terms = peer->channel(family).terms;
      imports = imports || terms.importChain.usesRpki();
      exports = exports || terms.exportChain.usesRpki();
    }
  for (; left > 0; --left) {
    KJ_IF_MAYBE (net, speaker.rpki.touched()) {
      bool isDone = !imports && !exports;
      if (!isDone) isDone = net->is4() ? walk(speaker.ip4, net->v4(), left) : walk(speaker.ip6, net->v6(), left);
      if (!isDone) return true;
      last = {};
      speaker.rpki.settled();
      if (left == 0) break;
    } else {
      break;
    }
  }
  return speaker.rpki.touched() != nullptr;
}

}  // namespace xylem::bgp
