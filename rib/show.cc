// `show route` goes page by page: a page ends after ROWS rows, or LOOKS prefixes that were looked at, so that no caller
// holds up the loop, however long the table and however rare what is asked for.

#include <kj/debug.h>
#include <net/wire.h>
#include <rib/show.h>
#include <rib/test-policy.h>

namespace xylem::rib {

namespace {

constexpr size_t ROWS = 1000, LOOKS = 20000;
constexpr size_t SLICE = 10000;
// Prefixes counted at a time.

struct Entry {
  net::IpNet net;
  Candidate candidate;
};
struct Page {
  kj::Vector<Entry> rows;
  size_t looks = 0;
  net::IpNet last;
  bool isFull() const { return rows.size() >= ROWS || looks >= LOOKS; }
};

class Shown final : public Show::Server {
 public:
  explicit Shown(Engine& engine) : engine(engine), table(engine.table) {}

 private:
  kj::Promise<void> route(RouteContext context) override {
    auto params = context.getParams();
    auto within = KJ_REQUIRE_NONNULL(net::read(params.getNet()), "no prefix");
    net::IpNet after;
    if (params.getAfter().size() > 0)
      after = KJ_REQUIRE_NONNULL(net::IpNet::parse(params.getAfter()), "no prefix", params.getAfter());
    engine.tick();
    Page page;
    if (!within.is6() && !after.is6())
      list(table.trie4(), within.is4() ? within.v4() : net::Ip4Net(), after.is4() ? kj::Maybe(after.v4()) : nullptr,
           params.getProtocol(), page);
    if (!within.is4() && !page.isFull())
      list(table.trie6(), within.is6() ? within.v6() : net::Ip6Net(), after.is6() ? kj::Maybe(after.v6()) : nullptr,
           params.getProtocol(), page);
    auto results = context.getResults();
    auto rows = results.initRoutes(page.rows.size());
    for (auto i : kj::indices(page.rows)) write(page.rows[i], rows[i]);
    if (page.isFull()) results.setNext(kj::str(page.last));
    return kj::READY_NOW;
  }

  template <typename Net>
  void list(net::Trie<Net, uint32_t>& trie, Net within, kj::Maybe<Net> after, kj::StringPtr protocol, Page& page) {
    auto look = [&](Net net, uint32_t head) {
      ++page.looks;
      page.last = net;
      auto winner = table.candidateFrom(head);
      if (winner == nullptr || (protocol.size() > 0 && origin(*winner).protocol != protocol)) return;
      page.rows.add(Entry{net, *winner});
    };
    kj::Vector<std::pair<Net, uint32_t>> covering;
    trie.eachCovering(within, [&](Net net, uint32_t& head) {
      if (net != within) covering.add(net, head);
    });
    typename net::Trie<Net, uint32_t>::Cursor cursor(within);
    bool skip = false;
    KJ_IF_MAYBE (place, after) {
      skip = !within.covers(*place);
      if (!skip) {
        cursor.skipTo(*place);
        covering.clear();
      }
    }
    for (size_t i = covering.size(); i-- > 0 && !page.isFull();) {
      KJ_IF_MAYBE (place, after)
        if (skip && covering[i].first <= *place) continue;
      look(covering[i].first, covering[i].second);
    }
    while (!page.isFull()) {
      auto next = cursor.next(trie);
      KJ_IF_MAYBE (entry, next) {
        look(entry->net, entry->value);
      } else {
        return;
      }
    }
  }

  const Offer& offerOf(const Candidate& candidate) { return table.candidates.offerOf(candidate); }
  Origin& origin(const Candidate& candidate) { return KJ_ASSERT_NONNULL(table.origin(offerOf(candidate).origin)); }

  void write(const Entry& from, Show::Row::Builder to) {
    auto& candidate = from.candidate;
    auto& offer = offerOf(candidate);
    auto& by = origin(candidate);
    auto& group = table.groups[offer.group];
    net::write(from.net, to.initNet());
    to.setProtocol(by.protocol);
    to.setDistance(offer.distance);
    to.setMetric(offer.metric);
    to.setNextHop(kj::str(group.resolved));
    to.setTag(offer.tag);
    to.setOffered(kj::str(group.offered));
    to.setAge(table.now - candidate.since);
    to.setStale(by.state == Origin::STALE || candidate.generation != by.generation);
  }

  kj::Promise<void> summary(SummaryContext context) override { return count(kj::mv(context)); }

  struct Counts {
    uint32_t used4 = 0, used6 = 0;
  };
  xrl::Task<void> count(SummaryContext context) {
    std::map<uint16_t, Counts> counts;
    net::Trie<net::Ip4Net, uint32_t>::Cursor at4;
    net::Trie<net::Ip6Net, uint32_t>::Cursor at6;
    auto count4 = [&](auto& winner) { ++counts[winner.origin].used4; };
    auto count6 = [&](auto& winner) { ++counts[winner.origin].used6; };
    while (countSome(table.trie4(), at4, count4) || countSome(table.trie6(), at6, count6)) {
      co_await engine.pause();
    }
    std::map<kj::StringPtr, std::array<uint32_t, 4>> sums;
    table.eachOrigin([&](Origin& origin) {
      auto& sum = sums[origin.protocol];
      sum[0] += origin.routes[0];
      sum[1] += counts[origin.id].used4;
      sum[2] += origin.routes[1];
      sum[3] += counts[origin.id].used6;
    });
    auto out = context.getResults().initProtocols(sums.size());
    size_t i = 0;
    for (auto& sum : sums) {
      auto row = out[i++];
      row.setProtocol(sum.first);
      row.setIp4(sum.second[0]);
      row.setIp4Used(sum.second[1]);
      row.setIp6(sum.second[2]);
      row.setIp6Used(sum.second[3]);
    }
  }
  template <typename Net, typename F>
  bool countSome(net::Trie<Net, uint32_t>& trie, typename net::Trie<Net, uint32_t>::Cursor& cursor, F&& f) {
    // Whether there is more.
    for (size_t i = 0; i < SLICE; ++i) {
      auto next = cursor.next(trie);
      KJ_IF_MAYBE (entry, next) {
        auto winner = table.winnerFrom(entry->value);
        if (winner != nullptr) f(*winner);
      } else {
        return false;
      }
    }
    return true;
  }

  kj::Promise<void> test(TestContext context) override {
    testPolicy(engine.policies(), context.getParams(), context.getResults());
    return kj::READY_NOW;
  }

  kj::Promise<void> lookup(LookupContext context) override {
    auto net = KJ_REQUIRE_NONNULL(net::read(context.getParams().getNet()), "no prefix");
    KJ_REQUIRE(!net.isNone(), "lookup needs a prefix or an address");
    kj::Vector<Entry> all;
    auto take = [&](auto at, uint32_t& head) {
      for (auto handle = table.firstOf(head); handle != 0; handle = table.candidates[handle].next)
        all.add(Entry{at, table.candidates[handle]});
    };
    if (net.is4())
      table.trie4().eachCovering(net.v4(), take);
    else
      table.trie6().eachCovering(net.v6(), take);
    auto out = context.getResults().initCandidates(all.size());
    const Offer* best = nullptr;
    net::IpNet at;
    for (auto i : kj::indices(all)) {
      auto& entry = all[i];
      if (entry.net != at) best = nullptr;
      at = entry.net;
      auto& offer = offerOf(entry.candidate);
      net::write(entry.net, out[i].initNet());
      out[i].setProtocol(origin(entry.candidate).protocol);
      out[i].setDistance(offer.distance);
      out[i].setMetric(offer.metric);
      auto& group = table.groups[offer.group];
      out[i].setNextHop(kj::str(group.live ? group.resolved : group.offered));
      out[i].setVerdict(verdict(offer, best));
      if (best == nullptr && group.live && offer.distance != NEVER) best = &offer;
    }
    return kj::READY_NOW;
  }

  kj::String verdict(const Offer& offer, const Offer* best) {
    auto& group = table.groups[offer.group];
    if (offer.distance == NEVER) return kj::str("distance 255 is never used");
    if (!group.live) return table.groups.whyDead(group);
    if (best == nullptr) return kj::str("used");
    if (best->distance != offer.distance) return kj::str("distance ", offer.distance, " loses to ", best->distance);
    if (best->metric != offer.metric) return kj::str("metric ", offer.metric, " loses to ", best->metric);
    return kj::str("as good as that of ", KJ_ASSERT_NONNULL(table.origin(best->origin)).protocol, ", which is older");
  }

  Engine& engine;
  Table& table;
};

}  // namespace

Show::Client makeShow(Engine& engine) { return kj::heap<Shown>(engine); }

}  // namespace xylem::rib
