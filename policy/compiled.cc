// Running what was compiled, and comparing it. The comparison is one of configurations, of a policy and of whatever it
// refers to, since that is what a commit may have changed.

#include <policy/compiled.h>

#include <capnp/any.h>
#include <policy/compiler.h>
#include <policy/expression.h>

#include <set>

namespace xylem::policy {

// ---- running

kj::Maybe<kj::String> Policy::whyNot(const Term& term, const Subject& subject) {
  for (auto& condition : term.from)
    if (!condition.holds(subject)) return kj::str("not from ", condition.text);
  for (auto& condition : term.except)
    if (condition.holds(subject)) return kj::str("except ", condition.text);
  return nullptr;
}

kj::String Policy::whatDone(const Term& term) {
  constexpr kj::StringPtr WORDS[] = {"next-term"_kj, "next-policy"_kj, "accept"_kj, "reject"_kj};
  kj::Vector<kj::StringPtr> parts;
  for (auto& change : term.changes) parts.add(change.text);
  parts.add(WORDS[uint(term.then)]);
  return kj::strArray(parts, ", ");
}

bool Policy::isUniform() const {
  return !anyCondition([](auto& condition) { return condition.byNet; });
}
bool Policy::usesRpki() const {
  return anyCondition([](auto& condition) { return condition.byRpki; });
}

Verdict Policy::run(Subject& subject, kj::Maybe<Trace&> trace) const {
  auto then = last;
  for (auto& term : terms) {
    KJ_IF_MAYBE (steps, trace) {
      auto why = whyNot(term, subject);
      steps->add(Step{kj::str(name), term.number, why == nullptr, kj::mv(why).orDefault(whatDone(term))});
    }
    bool applies =
        std::all_of(term.from.begin(), term.from.end(), [&](auto& each) { return each.holds(subject); }) &&
        std::none_of(term.except.begin(), term.except.end(), [&](auto& each) { return each.holds(subject); });
    if (!applies) continue;
    for (auto& change : term.changes) change.make(subject);
    if (term.then == Then::NEXT_TERM) continue;
    if (term.then == Then::NEXT_POLICY) return Verdict::NONE;
    return term.then == Then::ACCEPT ? Verdict::ACCEPT : Verdict::REJECT;
  }
  KJ_IF_MAYBE (steps, trace) {
    auto text = then == Then::ACCEPT ? "accept"_kj : then == Then::REJECT ? "reject"_kj : "next-policy"_kj;
    steps->add(Step{kj::str(name), 0, true, kj::str("default-action ", text)});
  }
  return then == Then::ACCEPT ? Verdict::ACCEPT : then == Then::REJECT ? Verdict::REJECT : Verdict::NONE;
}

Verdict Chain::run(Subject& subject, kj::Maybe<Trace&> trace) const {
  for (auto policy : policies) {
    if (policy == nullptr) return Verdict::REJECT;
    auto verdict = policy->run(subject, trace);
    if (verdict != Verdict::NONE) return verdict;
  }
  return Verdict::NONE;
}

// ---- compiled

Compiled::Compiled(schema::Options::Reader options) {
  source.setRoot(options);
  Compiler(*this, source.getRoot<schema::Options>().asReader()).run();
}

Compiled::~Compiled() noexcept(false) {}

const Policy* Compiled::policy(kj::StringPtr name) const {
  auto found = policies.find(name.cStr());
  return found == policies.end() ? nullptr : found->second.get();
}

kj::Maybe<const Policy&> Compiled::find(kj::StringPtr name) const {
  auto found = policy(name);
  if (found == nullptr) return nullptr;
  return *found;
}

kj::Maybe<kj::String> whyUnknown(schema::Options::Reader options, kj::StringPtr name) {
  std::map<std::string, bool> known;
  for (auto each : options.getPolicyStatement()) known[each.getName().cStr()] = true;
  if (known.count(name.cStr()) > 0) return nullptr;
  return unknown("policy"_kj, name, known);
}

// ---- sameness

namespace {

template <typename List> auto entry(List list, kj::StringPtr name) {
  kj::Maybe<decltype(list[0])> found;
  for (auto each : list)
    if (each.getName() == name) found = each;
  return found;
}

class Comparison {
  // Compares policies and lists by name; what refers to it is known to be the same already.
 public:
  Comparison(schema::Options::Reader was, schema::Options::Reader now) : was(was), now(now) {}

  bool policy(kj::StringPtr name) {
    if (!compared.insert(name.cStr()).second) return true;
    auto before = entry(was.getPolicyStatement(), name), after = entry(now.getPolicyStatement(), name);
    if (!equal(before, after)) return false;
    KJ_IF_MAYBE (statement, after)
      for (auto term : statement->getTerm())
        if (!conditions(term.getFrom()) || !conditions(term.getExcept()) ||
            !communityLists(term.getThen().getCommunity().getDeleteList()))
          return false;
    return true;
  }

 private:
  template <typename T> static bool equal(kj::Maybe<T>& before, kj::Maybe<T>& after) {
    KJ_IF_MAYBE (a, before) {
      KJ_IF_MAYBE (b, after) return capnp::AnyStruct::Reader(*a) == capnp::AnyStruct::Reader(*b);
      return false;
    }
    return after == nullptr;
  }

  bool conditions(schema::Conditions::Reader of) {
    for (auto name : of.getPrefixList()) {
      auto before = entry(was.getPrefixList(), name), after = entry(now.getPrefixList(), name);
      if (!equal(before, after)) return false;
    }
    for (auto name : of.getAsPathList()) {
      auto before = entry(was.getAsPathList(), name), after = entry(now.getAsPathList(), name);
      if (!equal(before, after)) return false;
    }
    for (auto text : of.getPolicy()) {
      auto parsed = Expression::parse(text);
      KJ_IF_MAYBE (expression, parsed.tryGet<Expression>())
        for (auto& name : expression->names())
          if (!policy(name)) return false;
    }
    return communityLists(of.getCommunityList());
  }

  bool communityLists(capnp::List<capnp::Text>::Reader names) {
    for (auto name : names) {
      auto before = entry(was.getCommunityList(), name), after = entry(now.getCommunityList(), name);
      if (!equal(before, after)) return false;
    }
    return true;
  }

  schema::Options::Reader was, now;
  std::set<std::string> compared;
};

}  // namespace

bool Compiled::same(const Compiled& other, kj::StringPtr name) const {
  auto options = [](const Compiled& from) {
    return const_cast<Compiled&>(from).source.getRoot<schema::Options>().asReader();
  };
  return Comparison(options(*this), options(other)).policy(name);
}

}  // namespace xylem::policy
