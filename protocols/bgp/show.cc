// Tables are told page by page, in the order of prefixes: a page costs the loop a millisecond, and whoever reads slowly
// holds up nobody.

#include <protocols/bgp/show.h>

#include <kj/encoding.h>
#include <net/wire.h>

namespace xylem::bgp {

namespace {

constexpr size_t PAGE = 500;

kj::String capabilitiesOf(const Negotiated& agreed) {
  kj::Vector<kj::String> parts;
  for (auto family : agreed.families) parts.add(kj::str(nameOf(family)));
  if (agreed.as4) parts.add(kj::str("as4"));
  if (agreed.routeRefresh) parts.add(kj::str(agreed.enhancedRefresh ? "enhanced-refresh" : "route-refresh"));
  if (agreed.maxSent > MAX_MESSAGE) parts.add(kj::str("extended-messages"));
  if (!agreed.addPathReceive.empty()) parts.add(kj::str("add-path-receive"));
  if (!agreed.addPathSend.empty()) parts.add(kj::str("add-path-send"));
  if (!agreed.extendedNextHop.empty()) parts.add(kj::str("extended-next-hop"));
  KJ_IF_MAYBE (graceful, agreed.gracefulRestart) parts.add(kj::str("graceful-restart ", graceful->time, "s"));
  KJ_IF_MAYBE (role, agreed.role) parts.add(kj::str("role ", nameOf(*role)));
  return kj::strArray(parts, ", ");
}

void fill(Speaker& speaker, const Peer& peer, schema::State::Neighbor::Builder out) {
  out.setName(peer.settings.name.c_str());
  net::write(peer.address(), out.initAddress());
  out.setDescription(peer.settings.description.c_str());
  out.setGroup(peer.settings.group.c_str());
  out.setAs(peer.settings.session.peerAs);
  out.setLocalAs(peer.settings.terms.localAs);
  auto& core = peer.core();
  out.setState(peer.settings.shutdown ? "shutdown"_kj : nameOf(core.state()));
  KJ_IF_MAYBE (uptime, peer.uptime()) out.setUptime(*uptime);
  KJ_IF_MAYBE (agreed, core.negotiated()) {
    out.setAs(agreed->peerAs);
    net::write(agreed->peerIdentifier, out.initRouterId());
    out.setHoldTime(uint16_t(agreed->holdTime / kj::SECONDS));
    out.setKeepalive(uint16_t(agreed->keepalive / kj::SECONDS));
    out.setCapabilities(capabilitiesOf(*agreed));
  }
  size_t received = 0, accepted = 0, advertised = 0, pending = 0;
  auto add = [&](auto& tables) {
    auto counts = tables.table.counts(peer.index);
    received += counts.received;
    accepted += counts.accepted;
    auto& channel = peer.channel(tables.family);
    if (!channel.up) return;
    advertised += tables.groups.advertised(peer.index) + (channel.isTold ? 1 : 0);
    pending += tables.groups.pending(peer.index);
  };
  speaker.each(add);
  out.setReceived(uint32_t(received));
  out.setAccepted(uint32_t(accepted));
  out.setAdvertised(uint32_t(advertised));
  out.setPending(pending);
  KJ_IF_MAYBE (error, core.lastError()) {
    auto said = error->notification.communication().map([](const kj::String& text) { return kj::str(": ", text); });
    out.setLastError(
        kj::str(error->sent ? "sent " : "received ", error->notification, kj::mv(said).orDefault(kj::str())));
    out.setLastErrorBytes(
        kj::encodeHex(kj::arrayPtr(error->notification.data.data(), error->notification.data.size())));
  }
  auto& counters = core.counters();
  uint64_t sent = 0, heard = 0;
  for (auto each : counters.sent) sent += each;
  for (auto each : counters.received) heard += each;
  out.setEstablished(counters.established);
  out.setMessagesSent(sent);
  out.setMessagesReceived(heard);
  out.setUpdatesSent(counters.sent[uint(Type::UPDATE)]);
  out.setUpdatesReceived(counters.received[uint(Type::UPDATE)]);
  out.setFindings(peer.findings.size());
  auto& findings = peer.findings.latest();
  if (!findings.empty()) {
    auto& last = findings.front();
    out.setLastFinding(
        kj::str(last.action, " attribute ", last.attribute, ": ", last.reason, ": ", last.bytes.c_str()));
  }
}

kj::String communitiesOf(const policy::Attributes& attributes) {
  kj::Vector<kj::String> parts;
  for (auto& each : attributes.communities) parts.add(kj::str(each));
  for (auto& each : attributes.extendedCommunities) parts.add(kj::str(each));
  for (auto& each : attributes.largeCommunities) parts.add(kj::str(each));
  return kj::strArray(parts, " ");
}

kj::String originatorOf(const policy::Attributes& attributes) {
  KJ_IF_MAYBE (originator, attributes.originatorId) {
    auto clusters = KJ_MAP(each, attributes.clusters) { return kj::str(each); };
    return kj::str(*originator, " clusters ", kj::strArray(clusters, " "));
  }
  return kj::str();
}

kj::String othersOf(const policy::Attributes& attributes) {
  kj::Vector<kj::String> parts;
  if (attributes.atomicAggregate) parts.add(kj::str("atomic-aggregate"));
  KJ_IF_MAYBE (aggregator, attributes.aggregator)
    parts.add(kj::str("aggregator ", aggregator->as, " ", aggregator->address));
  KJ_IF_MAYBE (mark, attributes.onlyToCustomer) parts.add(kj::str("only-to-customer ", *mark));
  for (auto& each : attributes.others)
    parts.add(kj::str(uint(each.type), ":", kj::encodeHex(kj::arrayPtr(each.value.data(), each.value.size()))));
  return kj::strArray(parts, ", ");
}

struct Row {
  net::IpNet net;
  policy::Attributes attributes;
  uint16_t peer;
  kj::String verdict;
  uint32_t pathId, age;
  bool stale;
};

class Page {
 public:
  explicit Page(Speaker& speaker) : speaker(speaker) {}

  kj::Vector<Row> rows;

  template <typename T> void addPaths(T& tables, uint32_t at, kj::Function<bool(uint16_t)>& wanted, bool asReceived) {
    std::vector<Candidate> candidates;
    tables.table.candidates(at, candidates);
    std::vector<uint32_t> together;
    tables.table.decisionProcess().multipath(candidates, speaker.pool, together);
    for (size_t i = 0; i < candidates.size(); ++i) {
      auto path = tables.table.path(candidates[i].path);
      if (!wanted(path.peer)) continue;
      auto id = asReceived || path.accepted == AttributePool::NONE ? path.received : path.accepted;
      auto verdict = verdictOf(tables, at, candidates, i, together);
      rows.add(Row{tables.table.netOf(at), speaker.pool.get(id), path.peer, kj::mv(verdict), candidates[i].pathId,
                   speaker.seconds() - path.since, tables.table.isStale(path)});
    }
  }

  void write(capnp::List<schema::Show::Path>::Builder list) {
    for (auto i : kj::indices(rows)) {
      auto& row = rows[i];
      auto out = list[i];
      auto& attributes = row.attributes;
      net::write(row.net, out.initNet());
      net::write(unscoped(attributes.nextHop), out.initNextHop());
      out.setNeighbor("-");
      KJ_IF_MAYBE (peer, speaker.peer(row.peer)) out.setNeighbor(peer->settings.name.c_str());
      out.setVerdict(row.verdict);
      out.setLocalPreference(attributes.localPreference.orDefault(100));
      out.setMed(attributes.med.orDefault(0));
      out.setAsPath(kj::str(attributes.path));
      constexpr kj::StringPtr ORIGINS[] = {"igp"_kj, "egp"_kj, "incomplete"_kj};
      out.setOrigin(ORIGINS[uint(attributes.origin)]);
      out.setCommunities(communitiesOf(attributes));
      out.setPathId(row.pathId);
      out.setAge(row.age);
      out.setStale(row.stale);
      out.setOriginator(originatorOf(attributes));
      out.setOther(othersOf(attributes));
      out.setRpki(nameOf(validityOf(row)));
    }
  }

 private:
  policy::Validity validityOf(const Row& row) {
    Terms terms;
    terms.ownAs = speaker.settings.localAs;
    return speaker.rpki.validate(row.net, originIn(terms, row.attributes.path));
  }

  template <typename T>
  kj::String verdictOf(T& tables, uint32_t at, const std::vector<Candidate>& candidates, size_t i,
                       const std::vector<uint32_t>& together) {
    auto path = tables.table.path(candidates[i].path);
    if (path.accepted == AttributePool::NONE) {
      auto reason = tables.whyRefused(path.peer, tables.table.netOf(at), path.received);
      return kj::str("rejected: ", reason.orDefault("import policy"_kj));
    }
    auto step = tables.table.decisionProcess().whyNot(candidates, i);
    if (step == Step::NONE) return kj::str("best");
    if (std::find(together.begin(), together.end(), candidates[i].path) != together.end()) return kj::str("multipath");
    return kj::str("lost by ", nameOf(step));
  }

  Speaker& speaker;
};

template <typename Context, typename T> void finish(Context& context, T& page, kj::Maybe<net::IpNet> last) {
  page.write(context.getResults().initPaths(uint(page.rows.size())));
  KJ_IF_MAYBE (net, last) context.getResults().setNext(kj::str(*net));
}

class AsShow final : public schema::Show::Server {
 public:
  explicit AsShow(Speaker& speaker) : speaker(speaker) {}

 private:
  kj::Promise<void> neighbor(NeighborContext context) override {
    auto name = context.getParams().getName();
    kj::Vector<const Peer*> peers;
    for (auto& [each, peer] : speaker.peers())
      if (name.size() == 0 || name == each.c_str()) peers.add(peer.get());
    KJ_REQUIRE(name.size() == 0 || !peers.empty(), "there is no such neighbor", name);
    auto list = context.getResults().initNeighbor(uint(peers.size()));
    for (auto i : kj::indices(peers)) fill(speaker, *peers[i], list[i]);
    return kj::READY_NOW;
  }
  kj::Promise<void> summary(SummaryContext context) override {
    auto list = context.getResults().initNeighbor(uint(speaker.peers().size()));
    uint i = 0;
    for (auto& [name, peer] : speaker.peers()) fill(speaker, *peer, list[i++]);
    return kj::READY_NOW;
  }

  struct Asked {
    kj::Maybe<net::IpNet> within, after;
    kj::Function<bool(uint16_t)> wanted;
    bool asReceived, multicast;
  };

  template <typename Net, typename T> kj::Maybe<net::IpNet> walk(T& tables, Asked& asked, Page& page) {
    // The last prefix told, if there may be more.
    Net within;
    KJ_IF_MAYBE (net, asked.within) within = netOf<Net>(*net);
    typename net::Trie<Net, uint32_t>::Cursor cursor(within);
    KJ_IF_MAYBE (net, asked.after) cursor.skipTo(netOf<Net>(*net));
    auto& trie = tables.table.index();
    for (uint looked = 0; looked < 20 * PAGE; ++looked) {
      auto next = cursor.next(trie);
      if (next == nullptr) return nullptr;
      auto& entry = KJ_ASSERT_NONNULL(next);
      page.addPaths(tables, entry.value, asked.wanted, asked.asReceived);
      if (page.rows.size() >= PAGE || looked + 1 == 20 * PAGE) return net::IpNet(entry.net);
    }
    return nullptr;
  }
  template <typename Net> static Net netOf(net::IpNet net) {
    if constexpr (Net::VERSION == 4)
      return net.v4();
    else
      return net.v6();
  }

  template <typename Context> void tell(Context& context, Asked asked) {
    Page page(speaker);
    bool six = false;
    KJ_IF_MAYBE (net, asked.within) six = net->is6();
    KJ_IF_MAYBE (net, asked.after) six = net->is6();
    bool both = asked.within == nullptr;
    kj::Maybe<net::IpNet> last;
    if (!six) {
      last = walk<net::Ip4Net>(asked.multicast ? speaker.multicast4 : speaker.ip4, asked, page);
      if (last != nullptr || !both) return finish(context, page, last);
      asked.after = nullptr;
    }
    last = walk<net::Ip6Net>(asked.multicast ? speaker.multicast6 : speaker.ip6, asked, page);
    finish(context, page, last);
  }

  template <typename Params> static kj::Maybe<net::IpNet> afterOf(Params params) {
    if (params.getAfter().size() == 0) return nullptr;
    return KJ_REQUIRE_NONNULL(net::IpNet::parse(params.getAfter()), "`after` is the `next` of an earlier answer");
  }
  Peer& peerOf(kj::StringPtr name) { return KJ_REQUIRE_NONNULL(speaker.find(name), "there is no such neighbor", name); }

  kj::Promise<void> paths(PathsContext context) override {
    auto params = context.getParams();
    Asked asked{nullptr, afterOf(params), [](uint16_t) { return true; }, false, params.getMulticast()};
    auto net = KJ_REQUIRE_NONNULL(net::read(params.getNet()));
    if (!net.isNone()) asked.within = net;
    if (params.getNeighbor().size() > 0)
      asked.wanted = [index = peerOf(params.getNeighbor()).index](uint16_t peer) { return peer == index; };
    tell(context, kj::mv(asked));
    return kj::READY_NOW;
  }
  kj::Promise<void> dampening(DampeningContext context) override {
    // Few have flapped, so a page is a place in the list.
    size_t at = 0, from = 0;
    if (context.getParams().getAfter().size() > 0) from = context.getParams().getAfter().parseAs<uint32_t>();
    struct Row {
      net::IpNet net;
      uint16_t peer;
      uint32_t penalty, flaps;
      bool suppressed;
    };
    kj::Vector<Row> rows;
    speaker.each([&](auto& tables) {
      for (auto& [key, history] : tables.dampening.all()) {
        if (at++ < from || rows.size() >= PAGE) continue;
        auto penalty = tables.dampening.penalty(history, speaker.seconds());
        rows.add(Row{key.second, key.first, uint32_t(penalty), history.flaps, history.suppressed});
      }
    });
    auto list = context.getResults().initRoutes(uint(rows.size()));
    for (auto i : kj::indices(rows)) {
      net::write(rows[i].net, list[i].initNet());
      KJ_IF_MAYBE (peer, speaker.peer(rows[i].peer)) list[i].setNeighbor(peer->settings.name.c_str());
      list[i].setPenalty(rows[i].penalty);
      list[i].setFlaps(rows[i].flaps);
      list[i].setSuppressed(rows[i].suppressed);
    }
    if (at > from + rows.size()) context.getResults().setNext(kj::str(from + rows.size()));
    return kj::READY_NOW;
  }
  kj::Promise<void> received(ReceivedContext context) override {
    auto params = context.getParams();
    auto index = peerOf(params.getNeighbor()).index;
    tell(context,
         {nullptr, afterOf(params), [index](uint16_t peer) { return peer == index; }, true, params.getMulticast()});
    return kj::READY_NOW;
  }
  kj::Promise<void> advertised(AdvertisedContext context) override {
    // The cursor is the family and the next destination, not a prefix: what is told is kept by destination.
    auto params = context.getParams();
    auto& peer = peerOf(params.getNeighbor());
    auto after = params.getAfter();
    bool six = after.startsWith("6 ");
    uint32_t at = after.size() > 2 ? after.slice(2).parseAs<uint32_t>() : 0;
    Page page(speaker);
    auto walk = [&](auto& tables) {
      auto& channel = peer.channel(tables.family);
      if (!channel.up) return false;
      if (channel.isTold && at == 0)
        page.rows.add(Row{tables.everything(), originated(channel.terms), 0, kj::str("originated"), 0, 0, false});
      return tables.groups.eachAdvertised(peer.index, at, PAGE, [&](auto net, uint32_t pathId, AttributeId id) {
        page.rows.add(Row{net, speaker.pool.get(id), 0, kj::str("advertised"), pathId, 0, false});
      });
    };
    bool more = false;
    if (!six) {
      more = walk(params.getMulticast() ? speaker.multicast4 : speaker.ip4);
      if (!more) {
        six = true;
        at = 0;
        more = true;
      }
    } else {
      more = walk(params.getMulticast() ? speaker.multicast6 : speaker.ip6);
    }
    page.write(context.getResults().initPaths(uint(page.rows.size())));
    if (more) context.getResults().setNext(kj::str(six ? "6 " : "4 ", at));
    return kj::READY_NOW;
  }

  kj::Promise<void> caches(CachesContext context) override {
    speaker.rpki.fill(context.getResults().initCaches(speaker.rpki.size()));
    return kj::READY_NOW;
  }
  kj::Promise<void> stations(StationsContext context) override {
    speaker.stations.fill(context.getResults().initStations(speaker.stations.size()));
    return kj::READY_NOW;
  }
  kj::Promise<void> dumps(DumpsContext context) override {
    speaker.dumps.fill(context.getResults().initDumps(speaker.dumps.size()));
    return kj::READY_NOW;
  }
  kj::Promise<void> findings(FindingsContext context) override {
    auto name = context.getParams().getNeighbor();
    kj::Vector<std::pair<kj::StringPtr, const Findings::Entry*>> all;
    for (auto& [each, peer] : speaker.peers())
      if (name.size() == 0 || name == each.c_str())
        for (auto& entry : peer->findings.latest()) all.add(each.c_str(), &entry);
    if (name.size() > 0) peerOf(name);
    auto list = context.getResults().initFindings(uint(all.size()));
    for (auto i : kj::indices(all)) {
      auto& [neighbor, entry] = all[i];
      list[i].setNeighbor(neighbor);
      list[i].setAction(entry->action);
      list[i].setAttribute(entry->attribute);
      list[i].setReason(entry->reason);
      list[i].setBytes(entry->bytes.c_str());
    }
    return kj::READY_NOW;
  }
  kj::Promise<void> roas(RoasContext context) override {
    auto params = context.getParams();
    auto net = KJ_REQUIRE_NONNULL(net::read(params.getNet()));
    auto after = afterOf(params);
    auto& known = speaker.rpki.payloads();
    std::vector<Roa> found;
    if (!net.isNone()) {
      if (after == nullptr) found = known.covering(net);
      auto more = known.within(net, after.orDefault(net), PAGE);
      found.insert(found.end(), more.begin(), more.end());
      return tellRoas(context, found, more.size() >= PAGE);
    }
    bool six = false;
    KJ_IF_MAYBE (behind, after) six = behind->is6();
    if (!six) found = known.within(net::IpNet(net::Ip4Net()), after, PAGE);
    if (found.size() < PAGE) {
      auto more = known.within(net::IpNet(net::Ip6Net()), six ? kj::mv(after) : nullptr, PAGE);
      found.insert(found.end(), more.begin(), more.end());
    }
    return tellRoas(context, found, found.size() >= PAGE);
  }
  static kj::Promise<void> tellRoas(RoasContext& context, const std::vector<Roa>& found, bool more) {
    auto list = context.getResults().initRoas(uint(found.size()));
    for (auto i : kj::indices(found)) {
      net::write(found[i].net, list[i].initNet());
      list[i].setMaxLength(found[i].maxLength);
      list[i].setAs(found[i].as);
    }
    if (more) context.getResults().setNext(kj::str(found.back().net));
    return kj::READY_NOW;
  }

  Speaker& speaker;
};

class AsClear final : public schema::Clear::Server {
 public:
  explicit AsClear(Speaker& speaker) : speaker(speaker) {}

 private:
  kj::Promise<void> session(SessionContext context) override {
    auto params = context.getParams();
    auto name = params.getNeighbor();
    auto soft = params.getSoft();
    kj::Vector<Peer*> peers;
    for (auto& [each, peer] : speaker.peers())
      if (name == "all" || name == each.c_str()) peers.add(peer.get());
    KJ_REQUIRE(name == "all" || !peers.empty(), "there is no such neighbor", name);
    for (auto peer : peers) peer->clear(soft == schema::Clear::Direction::IN, soft == schema::Clear::Direction::OUT);
    return kj::READY_NOW;
  }

  Speaker& speaker;
};

}  // namespace

kj::Own<schema::Show::Server> show(Speaker& speaker) { return kj::heap<AsShow>(speaker); }
kj::Own<schema::Clear::Server> clear(Speaker& speaker) { return kj::heap<AsClear>(speaker); }

void fill(Speaker& speaker, schema::State::Builder state) {
  auto list = state.initNeighbor(uint(speaker.peers().size()));
  uint i = 0, up = 0;
  for (auto& [name, peer] : speaker.peers()) {
    up += peer->state() == State::ESTABLISHED;
    fill(speaker, *peer, list[i++]);
  }
  state.setEstablished(up);
  auto table = [](auto& tables, schema::State::Table::Builder out) {
    out.setPrefixes(uint32_t(tables.table.size()));
    out.setGroups(uint32_t(tables.groups.groups()));
  };
  table(speaker.ip4, state.initIp4());
  table(speaker.ip6, state.initIp6());
  table(speaker.multicast4, state.initIp4Multicast());
  table(speaker.multicast6, state.initIp6Multicast());
  state.setAttributes(uint32_t(speaker.pool.size()));
  state.setNextHops(uint32_t(speaker.nextHops.size()));
  state.setRoas(uint32_t(speaker.rpki.payloads().size()));
  state.setMemory(speaker.memory());
}

}  // namespace xylem::bgp
