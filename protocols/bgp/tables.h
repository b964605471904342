#pragma once
// Tables: the routes of one address family, with what comes into them and what goes out: the rules of BGP and the
// policies stand between the sessions and the table.

#include <protocols/bgp/compose.h>
#include <protocols/bgp/dampening.h>
#include <protocols/bgp/export.h>
#include <protocols/bgp/feed.h>
#include <protocols/bgp/presence.h>
#include <protocols/bgp/rules.h>
#include <protocols/bgp/update.h>

namespace xylem::bgp {

class Speaker;
class Peer;
template <typename Net> class Tables;

template <typename Net> class Teller final : public Exporter<Net>, public Encoder<Net> {
  // What peers with the same key are told, and in which words.
 public:
  struct Words {
    bool as4 = true, addPath = false;
    size_t max = MAX_MESSAGE;
  };
  Teller(Speaker& speaker, const Tables<Net>& tables, Terms terms, Words words);
  ~Teller();
  KJ_DISALLOW_COPY(Teller);

  uint users = 0;

  kj::Maybe<kj::StringPtr> refused(const Outgoing<Net>& route, policy::Subject& subject) const;

 private:
  static constexpr uint PLACES = 4096;
  struct Place {
    AttributeId accepted = AttributePool::NONE, told = AttributePool::NONE;
    uint16_t source = 0;
  };

  AttributeId advertise(const Outgoing<Net>& route) override;
  void announce(AttributeId attributes, kj::ArrayPtr<const PathKey<Net>> routes, net::ByteWriter& out) override;
  void withdraw(kj::ArrayPtr<const PathKey<Net>> routes, net::ByteWriter& out) override;
  void endOfRib(net::ByteWriter& out) override;
  void beginRefresh(net::ByteWriter& out) override;
  void endRefresh(net::ByteWriter& out) override;

  Speaker& speaker;
  const Tables<Net>& tables;
  const Family family;
  const Terms terms;
  const bool uniform;
  const Words words;
  std::vector<Place> places;
  net::ByteWriter block;
};

template <typename Net> class Tables final : private Importer<Net> {
 public:
  Tables(Speaker& speaker, Family family);
  ~Tables();

  const Family family;
  Table<Net> table;
  UpdateGroups<Net> groups;
  kj::Maybe<Feed<Net>> feed;
  // Of unicast.

  Presence<Net> presence;
  Dampening<Net> dampening;
  std::set<Net> watchedExactly, watchedBelow;
  // By `presence`.

  void announce(Peer& peer, const Update& update, const Announced& announced);
  void withdraw(Peer& peer, const Nlri& withdrawn);

  static net::IpNet everything() { return Net(); }
  // The default route.
  kj::Array<kj::byte> defaultRoute(Peer& peer, bool withdrawn);
  // The message by which the peer is told of it.
  void join(Peer& peer);
  void leave(Peer& peer);
  void regroup(Peer& peer);
  // What it is told goes by other terms now.

  bool step(uint destinations) {
    bool more = table.step(destinations, *this);
    return presence.step(destinations) || more;
  }
  void reuse();
  // Routes that were suppressed for long enough.
  void setSummaries(const std::set<Net>& wanted);
  // Aggregates of which the parts are not announced.
  bool isSummarized(Net net) const { return !summaries.empty() && summaries.lessSpecific(net) != nullptr; }
  AttributeId accept(uint16_t peer, Net net, AttributeId received, bool stale) override;
  kj::Maybe<kj::StringPtr> whyRefused(uint16_t peer, Net net, AttributeId received);

 private:
  GroupKind<Net> kindFor(Peer& peer);
  void drop(const std::string& key);
  const policy::Attributes& decoded(AttributeId id);
  void flap(Peer& peer, const Destination<typename Net::Address>& destination, AttributeId received);

  Speaker& speaker;
  net::Trie<Net, uint8_t> summaries;
  std::map<std::string, kj::Own<Teller<Net>>> tellers;
  std::map<uint16_t, std::string> keys;
  AttributeId last = AttributePool::NONE;
  policy::Attributes lastDecoded;
  kj::Vector<kj::byte> scratch;
};

}  // namespace xylem::bgp
