#pragma once
// Compiled: a `policy { ... }` block (policy/policy.capnp), made ready to run.
//
//     for (auto& problem : policy::check(config.getPolicy())) ...           what is wrong with it
//     policy::Compiled compiled(config.getPolicy());
//     auto import = compiled.chain(neighbor.getImport());                   import IN COMMON;
//     policy::Subject subject{net, "bgp", peer, self, as, rpki, 0, attributes};
//     if (import.run(subject) != policy::Verdict::REJECT) install(subject.attributes);
//
// A policy runs its terms by number. A term is for a route that meets one condition of each kind of its `from`, and
// none of its `except`; then its changes are made, and its last word is followed: the next term sees the route as
// changed. What is wrong is left out: an unknown list holds nothing, an unknown policy rejects, and what `check`
// complains about must not be relied on. Regular expressions have caches, so what is compiled is for one thread.

#include <capnp/message.h>
#include <kj/function.h>
#include <kj/vector.h>
#include <policy/community-pattern.h>
#include <policy/policy.capnp.h>
#include <policy/prefix-list.h>
#include <policy/subject.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace xylem::policy {

struct Problem {
  kj::String path;
  // The statement, in words from the `policy` block on: "policy-statement IN term 10 from prefix-list NONE".
  kj::String text;
  bool warning = false;
  // It works, but is hardly what was meant: a term that is never reached, a list that nobody uses.
};

struct Step {
  // What became of a route in a term, or at the end of a policy (`term` 0).
  kj::String policy;
  uint term;
  bool applies;
  kj::String text;
  // What was done: "local-preference 200, accept"; or why the term is not for it: "not from protocol static".
};
using Trace = kj::Vector<Step>;

class Policy {
 public:
  explicit Policy(kj::StringPtr name) : name(kj::str(name)) {}

  const kj::String name;

  Verdict run(Subject& subject, kj::Maybe<Trace&> trace = nullptr) const;
  bool isUniform() const;
  bool usesRpki() const;

 private:
  friend class Compiler;
  struct Condition {
    kj::String text;
    // As it is configured.
    kj::ConstFunction<bool(const Subject&)> holds;
    bool byNet = false;
    // The destination may matter, beyond its family.
    bool byRpki = false;
    // It asks for Subject::rpki.
  };
  struct Change {
    kj::String text;
    kj::ConstFunction<void(Subject&)> make;
  };
  enum class Then { NEXT_TERM, NEXT_POLICY, ACCEPT, REJECT };
  struct Term {
    uint number;
    kj::Vector<Condition> from, except;
    kj::Vector<Change> changes;
    Then then;
  };

  template <typename F> bool anyCondition(F&& f) const {
    for (auto& term : terms)
      for (auto conditions : {&term.from, &term.except})
        if (std::any_of(conditions->begin(), conditions->end(), f)) return true;
    return false;
  }
  static kj::Maybe<kj::String> whyNot(const Term& term, const Subject& subject);
  static kj::String whatDone(const Term& term);

  kj::Vector<Term> terms;
  Then last = Then::NEXT_POLICY;
};

class Chain {
  // Policies, one after the other, as a protocol is told to use them.
 public:
  Verdict run(Subject& subject, kj::Maybe<Trace&> trace = nullptr) const;
  // What the first one says that decides.
  bool empty() const { return policies.empty(); }
  bool isUniform() const { return uniform; }
  // Routes that differ in nothing but their destinations, all of one family, get the same answer and the same changes.
  bool usesRpki() const { return asksRpki; }
  // The answer may depend on Subject::rpki; it is not uniform then.

 private:
  friend class Compiled;
  std::vector<const Policy*> policies;
  // Null: unknown.
  bool uniform = true, asksRpki = false;
};

class Compiled {
 public:
  explicit Compiled(schema::Options::Reader options);
  ~Compiled() noexcept(false);
  KJ_DISALLOW_COPY(Compiled);

  kj::ArrayPtr<const Problem> problems() const { return wrong; }

  kj::Maybe<const Policy&> find(kj::StringPtr name) const;

  template <typename Names> Chain chain(Names&& names) const {
    // For as long as this lives. Any list of texts.
    Chain made;
    for (auto name : names) {
      auto found = policy(name);
      made.policies.push_back(found);
      made.uniform = made.uniform && (found == nullptr || found->isUniform());
      made.asksRpki = made.asksRpki || (found != nullptr && found->usesRpki());
    }
    return made;
  }

  bool same(const Compiled& other, kj::StringPtr name) const;
  // Does this policy mean the same there, all that it refers to included? True when it is in neither. What is only
  // written in another order may be called different.

 private:
  friend class Compiler;
  const Policy* policy(kj::StringPtr name) const;

  capnp::MallocMessageBuilder source;
  std::map<std::string, PrefixList> prefixLists;
  std::map<std::string, kj::Vector<kj::Own<Regex>>> asPathLists;
  std::map<std::string, kj::Vector<CommunityPattern>> communityLists;
  std::map<std::string, kj::Own<Policy>> policies;
  kj::Vector<Problem> wrong;
};

inline kj::Array<Problem> check(schema::Options::Reader options) {
  Compiled compiled(options);
  return KJ_MAP(problem, compiled.problems()) {
    return Problem{kj::str(problem.path), kj::str(problem.text), problem.warning};
  };
}
// All that is wrong, and warnings.

kj::Maybe<kj::String> whyUnknown(schema::Options::Reader options, kj::StringPtr name);
// `there is no policy "INN"; did you mean "IN"?`, unless there is. For whoever refers to policies and runs none.

}  // namespace xylem::policy
