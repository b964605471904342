// One condition for each kind that a term gives, however many values it has: they are tried until one fits. The cheap
// kinds come first.

#include <kj/debug.h>
#include <net/wire.h>
#include <policy/compiler.h>
#include <policy/expression.h>

namespace xylem::policy {
namespace {

template <typename List, typename F> bool any(const List& list, F&& f) {
  for (auto&& each : list)
    if (f(each)) return true;
  return false;
}

template <typename List> kj::String words(kj::StringPtr kind, const List& values) {
  return kj::str(kind, ' ',
                 kj::strArray(
                     KJ_MAP(value, values) { return quote(kj::str(value)); }, " "));
}

bool hasNumber(const kj::Vector<Interval>& intervals, uint32_t number) {
  return any(intervals, [&](auto& interval) { return interval.has(number); });
}

bool hasAddress(const kj::Vector<net::IpNet>& nets, net::Ip address) {
  return any(nets, [&](auto& net) { return net.contains(address); });
}

}  // namespace

kj::Vector<Interval> Compiler::intervals(kj::StringPtr path, Texts texts) {
  kj::Vector<Interval> all;
  for (auto text : texts) {
    KJ_IF_MAYBE (interval, Interval::parse(text))
      all.add(*interval);
    else
      error(kj::str(path, ' ', quote(text)), kj::str("expected a number or a range, such as 10, 1-5 or 100-"));
  }
  return all;
}

kj::Vector<net::IpNet> Compiler::nets(kj::StringPtr path, capnp::List<net::wire::IpNet>::Reader from) {
  kj::Vector<net::IpNet> all;
  for (auto each : from) {
    auto net = net::read(each).orDefault(net::IpNet());
    if (net.isNone())
      error(kj::str(path), kj::str("expected a prefix such as 10.0.0.0/8"));
    else
      all.add(net);
  }
  return all;
}

void Compiler::conditions(kj::StringPtr path, schema::Conditions::Reader from, Conditions& to) {
  sourceConditions(path, from, to);
  numberConditions(path, from, to);
  if (from.getPrefixList().size() > 0) {
    auto found =
        lists(kj::str(path, " prefix-list"), "prefix list", from.getPrefixList(), out.prefixLists, usedPrefixLists);
    to.add(Policy::Condition{words("prefix-list", from.getPrefixList()),
                             [found = kj::mv(found)](const Subject& subject) {
                               return any(found, [&](auto list) { return list->has(subject.net); });
                             },
                             true});
  }
  if (from.getPrefix().size() > 0) {
    PrefixList list;
    prefixes(path, from.getPrefix(), list);
    auto text = words(
        "prefix", KJ_MAP(each, from.getPrefix()) { return net::read(each.getNet()).orDefault({}); });
    to.add(Policy::Condition{kj::mv(text),
                             [list = kj::mv(list)](const Subject& subject) { return list.has(subject.net); }, true});
  }
  pathConditions(path, from, to);
  if (from.getPolicy().size() > 0) policyCondition(kj::str(path, " policy"), from.getPolicy(), to);
}

void Compiler::sourceConditions(kj::StringPtr path, schema::Conditions::Reader from, Conditions& to) {
  if (from.getFamily().size() > 0) {
    bool ip4 = false, ip6 = false;
    for (auto each : from.getFamily()) (each == schema::Family::IP4 ? ip4 : ip6) = true;
    to.add(Policy::Condition{
        kj::str("family", ip4 ? " ip4" : "", ip6 ? " ip6" : ""),
        [ip4, ip6](const Subject& subject) { return subject.net.is4() ? ip4 : subject.net.is6() && ip6; }});
  }
  if (from.getProtocol().size() > 0)
    to.add(
        Policy::Condition{words("protocol", from.getProtocol()), [names = from.getProtocol()](const Subject& subject) {
                            return any(names, [&](auto name) { return name == subject.protocol; });
                          }});
  if (from.getNeighbor().size() > 0) {
    auto all = nets(kj::str(path, " neighbor"), from.getNeighbor());
    auto text = words("neighbor", all);
    to.add(Policy::Condition{
        kj::mv(text), [all = kj::mv(all)](const Subject& subject) { return hasAddress(all, subject.neighbor); }});
  }
  if (from.getNextHop().size() > 0) {
    auto all = nets(kj::str(path, " next-hop"), from.getNextHop());
    auto text = words("next-hop", all);
    to.add(Policy::Condition{kj::mv(text), [all = kj::mv(all)](const Subject& subject) {
                               return hasAddress(all, subject.attributes->nextHop);
                             }});
  }
}

void Compiler::numberConditions(kj::StringPtr path, schema::Conditions::Reader from, Conditions& to) {
  auto add = [&](kj::StringPtr kind, Texts texts, auto number) {
    if (texts.size() == 0) return;
    to.add(Policy::Condition{words(kind, texts),
                             [all = intervals(kj::str(path, ' ', kind), texts), number](const Subject& subject) {
                               return hasNumber(all, number(subject));
                             }});
  };
  add("metric", from.getMetric(), [](const Subject& subject) { return subject.attributes->med.orDefault(0); });
  add("local-preference", from.getLocalPreference(),
      [](const Subject& subject) { return subject.attributes->localPreference.orDefault(USUAL_PREFERENCE); });
  add("tag", from.getTag(), [](const Subject& subject) { return subject.tag; });
  add("as-path-length", from.getAsPathLength(),
      [](const Subject& subject) { return subject.attributes->path.length(); });
}

void Compiler::pathConditions(kj::StringPtr path, schema::Conditions::Reader from, Conditions& to) {
  if (from.getOrigin().size() > 0) {
    constexpr kj::StringPtr WORDS[] = {"igp"_kj, "egp"_kj, "incomplete"_kj};
    uint wanted = 0;
    auto names = KJ_MAP(each, from.getOrigin()) { return WORDS[kj::min(uint(each), 2u)]; };
    for (auto each : from.getOrigin()) wanted |= 1u << uint(each);
    to.add(Policy::Condition{words("origin", names), [wanted](const Subject& subject) {
                               return (wanted >> uint(subject.attributes->origin) & 1) != 0;
                             }});
  }
  if (from.getRpki().size() > 0) {
    constexpr kj::StringPtr WORDS[] = {"not-found"_kj, "valid"_kj, "invalid"_kj, "unknown"_kj};
    uint wanted = 0;
    auto names = KJ_MAP(each, from.getRpki()) { return WORDS[kj::min(uint(each), 3u)]; };
    for (auto each : from.getRpki()) wanted |= 1u << uint(each);
    to.add(Policy::Condition{words("rpki", names),
                             [wanted](const Subject& subject) { return (wanted >> uint(subject.rpki) & 1) != 0; }, true,
                             true});
  }
  if (from.getAsPathList().size() > 0) {
    auto found =
        lists(kj::str(path, " as-path-list"), "AS path list", from.getAsPathList(), out.asPathLists, usedAsPathLists);
    to.add(Policy::Condition{
        words("as-path-list", from.getAsPathList()), [found = kj::mv(found)](const Subject& subject) {
          auto& as = subject.attributes->path;
          return any(found, [&](auto list) { return any(*list, [&](auto& regex) { return regex->matches(as); }); });
        }});
  }
  if (from.getCommunityList().size() > 0) {
    auto found = lists(kj::str(path, " community-list"), "community list", from.getCommunityList(), out.communityLists,
                       usedCommunityLists);
    to.add(Policy::Condition{words("community-list", from.getCommunityList()),
                             [found = kj::mv(found)](const Subject& subject) {
                               auto& attributes = *subject.attributes;
                               return any(found, [&](auto list) {
                                 return any(*list, [&](auto& pattern) { return pattern.matchesAny(attributes); });
                               });
                             }});
  }
}

void Compiler::policyCondition(kj::StringPtr path, Texts texts, Conditions& to) {
  struct Call {
    Expression expression;
    kj::Vector<const Policy*> policies;
    // As its names; null: unknown, accepts nothing.
  };
  kj::Vector<Call> calls;
  for (auto text : texts) {
    auto at = kj::str(path, ' ', quote(text));
    auto parsed = Expression::parse(text);
    KJ_IF_MAYBE (wrong, parsed.tryGet<Expression::Wrong>()) {
      error(kj::mv(at), kj::str("character ", wrong->at + 1, ": ", wrong->text));
      continue;
    }
    Call call{kj::mv(parsed.get<Expression>()), {}};
    for (auto& name : call.expression.names()) {
      auto found = statements.find(name.cStr());
      if (found == statements.end()) error(kj::str(at), unknown("policy", name, statements));
      call.policies.add(found == statements.end() ? nullptr : statement(at, found->second));
    }
    calls.add(kj::mv(call));
  }
  bool byRpki = any(calls, [](auto& call) {
    return any(call.policies, [](auto policy) { return policy != nullptr && policy->usesRpki(); });
  });
  to.add(Policy::Condition{words("policy", texts),
                           [calls = kj::mv(calls)](const Subject& subject) {
                             return any(calls, [&](auto& call) {
                               return call.expression.holds([&](uint index) {
                                 auto policy = call.policies[index];
                                 auto scratch = subject;
                                 return policy != nullptr && policy->run(scratch) == Verdict::ACCEPT;
                               });
                             });
                           },
                           true, byRpki});
}

}  // namespace xylem::policy
