// What a term changes. A change that would leave everything as it is does not touch the attributes, so that they are
// not copied for it.

#include <kj/debug.h>
#include <net/wire.h>
#include <policy/compiler.h>

#include <algorithm>

namespace xylem::policy {
namespace {

template <typename T> void put(Subject& subject, T Attributes::*member, T value) {
  if (!((*subject.attributes).*member == value)) subject.attributes.edit().*member = kj::mv(value);
}

void put(Subject& subject, kj::Maybe<uint32_t> Attributes::*member, kj::Maybe<uint32_t> value) {
  auto& present = (*subject.attributes).*member;
  bool same = (present == nullptr) == (value == nullptr) && present.orDefault(0) == value.orDefault(0);
  if (!same) subject.attributes.edit().*member = value;
}

template <typename T>
void eraseMatching(Subject& subject, Set<T> Attributes::*member, kj::ArrayPtr<const CommunityPattern> patterns) {
  auto matches = [&](T community) {
    return std::any_of(patterns.begin(), patterns.end(), [&](auto& pattern) { return pattern.matches(community); });
  };
  auto& present = (*subject.attributes).*member;
  if (std::any_of(present.begin(), present.end(), matches)) (subject.attributes.edit().*member).eraseIf(matches);
}

void erase(Subject& subject, kj::ArrayPtr<const CommunityPattern> patterns) {
  eraseMatching(subject, &Attributes::communities, patterns);
  eraseMatching(subject, &Attributes::extendedCommunities, patterns);
  eraseMatching(subject, &Attributes::largeCommunities, patterns);
}

template <typename T> void insert(Subject& subject, Set<T> Attributes::*member, const Set<T>& more) {
  for (auto community : more)
    if (!((*subject.attributes).*member).has(community)) (subject.attributes.edit().*member).insert(community);
}

template <typename T> void replace(Subject& subject, Set<T> Attributes::*member, const Set<T>& by) {
  if (!by.empty()) put(subject, member, by);
}

kj::String words(kj::StringPtr kind, capnp::List<capnp::Text>::Reader values) {
  return kj::str("community ", kind, ' ',
                 kj::strArray(
                     KJ_MAP(value, values) { return quote(value); }, " "));
}

}  // namespace

kj::Maybe<Amount> Compiler::amount(kj::StringPtr path, kj::StringPtr text) {
  auto parsed = Amount::parse(text);
  if (parsed == nullptr)
    error(kj::str(path),
          kj::str('"', text, "\" is no change of a number; expected one such as 200, +10, -10, or none"));
  return parsed;
}

void Compiler::changes(kj::StringPtr path, schema::Actions::Reader from, Changes& to) {
  numberChanges(path, from, to);
  if (from.getOrigin().size() > 1) error(kj::str(path, " origin"), kj::str("expected one origin"));
  if (from.getOrigin().size() > 0) {
    constexpr kj::StringPtr WORDS[] = {"igp"_kj, "egp"_kj, "incomplete"_kj};
    auto index = kj::min(uint(from.getOrigin()[0]), 2u);
    to.add(Policy::Change{kj::str("origin ", WORDS[index]),
                          [origin = Origin(index)](Subject& subject) { put(subject, &Attributes::origin, origin); }});
  }
  if (from.hasNextHop()) nextHopChange(kj::str(path, " next-hop"), from.getNextHop(), to);
  if (from.hasAsPathPrepend()) {
    auto as = from.getAsPathPrepend().getAs();
    auto count = from.getAsPathPrepend().getCount();
    auto text = kj::str("as-path-prepend", as == 0 ? kj::String() : kj::str(" as ", as), " count ", count);
    to.add(Policy::Change{kj::mv(text), [as, count](Subject& subject) {
                            if (as != 0 || subject.as != 0)
                              subject.attributes.edit().path.prepend(as != 0 ? as : subject.as, count);
                          }});
  }
  if (from.hasCommunity()) communityChange(kj::str(path, " community"), from.getCommunity(), to);
}

void Compiler::numberChanges(kj::StringPtr path, schema::Actions::Reader from, Changes& to) {
  if (from.hasLocalPreference())
    KJ_IF_MAYBE (by, amount(kj::str(path, " local-preference"), from.getLocalPreference()))
      to.add(Policy::Change{kj::str("local-preference ", from.getLocalPreference()), [by = *by](Subject& subject) {
                              put(subject, &Attributes::localPreference,
                                  by.from(subject.attributes->localPreference, USUAL_PREFERENCE));
                            }});
  if (from.hasMetric())
    KJ_IF_MAYBE (by, amount(kj::str(path, " metric"), from.getMetric()))
      to.add(Policy::Change{kj::str("metric ", from.getMetric()), [by = *by](Subject& subject) {
                              put(subject, &Attributes::med, by.from(subject.attributes->med, 0));
                              subject.metricSet = true;
                            }});
  if (from.hasTag())
    KJ_IF_MAYBE (by, amount(kj::str(path, " tag"), from.getTag()))
      to.add(Policy::Change{kj::str("tag ", from.getTag()),
                            [by = *by](Subject& subject) { subject.tag = by.from(subject.tag, 0).orDefault(0); }});
}

void Compiler::nextHopChange(kj::StringPtr path, kj::StringPtr text, Changes& to) {
  auto put = [](Subject& subject, net::Ip address) {
    if (address.isNone() || address == subject.attributes->nextHop) return;
    auto& attributes = subject.attributes.edit();
    attributes.nextHop = address;
    attributes.linkLocal = net::Ip6();
  };
  auto name = kj::str("next-hop ", text);
  if (text == "self") {
    to.add(Policy::Change{kj::mv(name), [put](Subject& subject) { put(subject, subject.self); }});
  } else if (text == "peer") {
    to.add(Policy::Change{kj::mv(name), [put](Subject& subject) { put(subject, subject.neighbor); }});
  } else {
    auto address = net::Ip::parse(text).orDefault(net::Ip());
    if (address.isNone())
      error(kj::str(path), kj::str('"', text, "\" is no next hop; expected an address, \"self\" or \"peer\""));
    else
      to.add(Policy::Change{kj::mv(name), [put, address](Subject& subject) { put(subject, address); }});
  }
}

Communities Compiler::communities(kj::StringPtr path, Texts texts) {
  Communities all;
  for (auto text : texts)
    if (!all.add(text))
      error(kj::str(path, ' ', quote(text)),
            kj::str('"', text,
                    "\" is no community; expected one such as 65001:100, no-export, rt:65001:100 or 65001:1:2"));
  return all;
}

void Compiler::communityChange(kj::StringPtr path, schema::Communities::Reader from, Changes& to) {
  if (from.getSet().size() > 0)
    to.add(Policy::Change{words("set", from.getSet()),
                          [all = communities(kj::str(path, " set"), from.getSet())](Subject& subject) {
                            replace(subject, &Attributes::communities, all.standard);
                            replace(subject, &Attributes::extendedCommunities, all.extended);
                            replace(subject, &Attributes::largeCommunities, all.large);
                          }});
  if (from.getDelete().size() > 0)
    to.add(Policy::Change{
        words("delete", from.getDelete()),
        [all = patterns(kj::str(path, " delete"), from.getDelete())](Subject& subject) { erase(subject, all); }});
  if (from.getDeleteList().size() > 0) {
    auto found = lists(kj::str(path, " delete-list"), "community list", from.getDeleteList(), out.communityLists,
                       usedCommunityLists);
    to.add(Policy::Change{words("delete-list", from.getDeleteList()), [found = kj::mv(found)](Subject& subject) {
                            for (auto list : found) erase(subject, *list);
                          }});
  }
  if (from.getAdd().size() > 0)
    to.add(Policy::Change{words("add", from.getAdd()),
                          [all = communities(kj::str(path, " add"), from.getAdd())](Subject& subject) {
                            insert(subject, &Attributes::communities, all.standard);
                            insert(subject, &Attributes::extendedCommunities, all.extended);
                            insert(subject, &Attributes::largeCommunities, all.large);
                          }});
}

}  // namespace xylem::policy
