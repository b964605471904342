// Lists first, then the policies that refer to them. A policy is compiled when it is first called or when its turn
// comes, so the policies under way are the calls in progress, and a call of one of them is a circle.

#include <policy/compiler.h>

#include <kj/debug.h>
#include <net/wire.h>
#include <policy/expression.h>

namespace xylem::policy {
namespace {

constexpr uint DEEPEST = 32;
// Policies that call each other.

}  // namespace

kj::String quote(kj::StringPtr word) {
  bool plain = word.size() > 0;
  kj::Vector<char> out;
  out.add('"');
  for (char c : word) {
    plain = plain && uint8_t(c) > ' ' && c != '{' && c != '}' && c != ';' && c != '"' && c != '#' && c != '|';
    if (c == '"' || c == '\\') out.add('\\');
    out.add(c);
  }
  out.add('"');
  return plain ? kj::str(word) : kj::heapString(out.begin(), out.size());
}

void Compiler::run() {
  for (auto each : options.getPrefixList()) prefixList(each);
  for (auto each : options.getAsPathList()) asPathList(each);
  for (auto each : options.getCommunityList()) communityList(each);
  for (auto each : options.getPolicyStatement()) {
    checkName(kj::str("policy-statement ", quote(each.getName())), each.getName());
    statements.emplace(each.getName().cStr(), each);
    out.policies.emplace(each.getName().cStr(), kj::heap<Policy>(each.getName()));
  }
  for (auto each : options.getPolicyStatement()) statement(nullptr, each);
  checkUse();
}

// ---- lists

void Compiler::checkName(kj::StringPtr path, kj::StringPtr name) {
  if (!isName(name))
    error(kj::str(path), kj::str('"', name, "\" is no name; expected letters, digits, \"-\", \"_\" and \".\""));
}

void Compiler::prefixList(schema::PrefixList::Reader from) {
  auto path = kj::str("prefix-list ", quote(from.getName()));
  checkName(path, from.getName());
  prefixes(path, from.getPrefix(), out.prefixLists[from.getName().cStr()]);
}

void Compiler::prefixes(kj::StringPtr path, capnp::List<schema::Prefix>::Reader from, PrefixList& to) {
  for (auto each : from) {
    auto net = net::read(each.getNet()).orDefault(net::IpNet());
    KJ_IF_MAYBE (counted, lengths(net, each))
      to.add(net, *counted);
    else
      wrongPrefix(path, net, each);
  }
  to.finish();
}

kj::Maybe<Lengths> Compiler::lengths(net::IpNet net, schema::Prefix::Reader from) {
  if (net.isNone()) return nullptr;
  uint own = net.length(), most = net.address().width();
  switch (from.which()) {
    case schema::Prefix::EXACT:
      return Lengths{own, own};
    case schema::Prefix::ORLONGER:
      return Lengths{own, most};
    case schema::Prefix::LONGER:
      return Lengths{own + 1, most};
    case schema::Prefix::UPTO:
      if (from.getUpto() >= own && from.getUpto() <= most) return Lengths{own, from.getUpto()};
      return nullptr;
    case schema::Prefix::RANGE: {
      auto range = Interval::parse(from.getRange());
      KJ_IF_MAYBE (r, range)
        if (r->first >= own && r->last <= most) return Lengths{r->first, r->last};
      return nullptr;
    }
  }
  return nullptr;
}

void Compiler::wrongPrefix(kj::StringPtr path, net::IpNet net, schema::Prefix::Reader from) {
  auto at = kj::str(path, " prefix ", net);
  uint own = net.length(), most = net.address().width();
  if (net.isNone())
    error(kj::mv(at), kj::str("expected a prefix such as 10.0.0.0/8"));
  else if (from.isUpto())
    error(kj::str(at, " upto"), kj::str("expected a length from ", own, " to ", most));
  else
    error(kj::str(at, " range"),
          kj::str("expected two lengths from ", own, " to ", most, ", such as ", own, '-', most));
}

void Compiler::asPathList(schema::AsPathList::Reader from) {
  auto path = kj::str("as-path-list ", quote(from.getName()));
  checkName(path, from.getName());
  auto& list = out.asPathLists[from.getName().cStr()];
  for (auto text : from.getRegex()) {
    auto parsed = Regex::parse(text, Regex::PATHS);
    KJ_IF_MAYBE (wrong, parsed.tryGet<Regex::Wrong>())
      error(kj::str(path, " regex ", quote(text)), kj::str("character ", wrong->at + 1, ": ", wrong->text));
    else
      list.add(kj::mv(parsed.get<kj::Own<Regex>>()));
  }
}

void Compiler::communityList(schema::CommunityList::Reader from) {
  auto path = kj::str("community-list ", quote(from.getName()));
  checkName(path, from.getName());
  out.communityLists[from.getName().cStr()] = patterns(kj::str(path, " member"), from.getMember());
}

kj::Vector<CommunityPattern> Compiler::patterns(kj::StringPtr path, Texts texts) {
  kj::Vector<CommunityPattern> list;
  for (auto text : texts) {
    auto parsed = CommunityPattern::parse(text);
    KJ_IF_MAYBE (wrong, parsed.tryGet<CommunityPattern::Wrong>())
      error(kj::str(path, ' ', quote(text)), kj::str(wrong->text));
    else
      list.add(kj::mv(parsed.get<CommunityPattern>()));
  }
  return list;
}

// ---- policies

const Policy* Compiler::statement(kj::StringPtr path, schema::PolicyStatement::Reader from) {
  auto& policy = *out.policies[from.getName().cStr()];
  for (auto name : calling) {
    if (name != policy.name) continue;
    error(kj::str(path),
          kj::str("policies call each other in a circle: ", kj::strArray(calling, ", "), ", ", policy.name));
    return nullptr;
  }
  if (calling.size() >= DEEPEST) {
    error(kj::str(path), kj::str("policies call each other more than ", DEEPEST, " deep"));
    return nullptr;
  }
  if (!done.insert(policy.name.cStr()).second) return &policy;
  calling.add(policy.name);
  auto own = kj::str("policy-statement ", quote(policy.name));
  for (auto each : from.getTerm()) term(kj::str(own, " term ", each.getNumber()), each, policy.terms.add());
  std::stable_sort(policy.terms.begin(), policy.terms.end(), [](auto& a, auto& b) { return a.number < b.number; });
  checkReach(own, policy);
  if (from.getDefaultAction() == schema::DefaultAction::ACCEPT) policy.last = Policy::Then::ACCEPT;
  if (from.getDefaultAction() == schema::DefaultAction::REJECT) policy.last = Policy::Then::REJECT;
  calling.removeLast();
  return &policy;
}

void Compiler::term(kj::StringPtr path, schema::Term::Reader from, Policy::Term& to) {
  to.number = from.getNumber();
  conditions(kj::str(path, " from"), from.getFrom(), to.from);
  conditions(kj::str(path, " except"), from.getExcept(), to.except);
  auto then = from.getThen();
  changes(kj::str(path, " then"), then, to.changes);
  to.then = then.isAccept()       ? Policy::Then::ACCEPT
            : then.isReject()     ? Policy::Then::REJECT
            : then.isNextPolicy() ? Policy::Then::NEXT_POLICY
                                  : Policy::Then::NEXT_TERM;
}

void Compiler::checkReach(kj::StringPtr path, const Policy& policy) {
  const Policy::Term* end = nullptr;
  for (auto& term : policy.terms) {
    if (end != nullptr)
      warn(kj::str(path, " term ", term.number), kj::str("never reached: term ", end->number, " is for all routes"));
    if (end == nullptr && term.from.empty() && term.except.empty() && term.then != Policy::Then::NEXT_TERM) end = &term;
  }
}

void Compiler::checkUse() {
  auto check = [this](kj::StringPtr kind, auto& all, auto& used) {
    for (auto& each : all)
      if (used.count(each.first) == 0)
        warn(kj::str(kind, ' ', quote(each.first.c_str())), kj::str("no policy refers to it"));
  };
  check("prefix-list", out.prefixLists, usedPrefixLists);
  check("as-path-list", out.asPathLists, usedAsPathLists);
  check("community-list", out.communityLists, usedCommunityLists);
}

}  // namespace xylem::policy
