#pragma once
// From configuration to what runs, finding all that is wrong on the way. Compiled's own; others use compiled.h.

#include <net/near.h>
#include <policy/compiled.h>
#include <policy/numbers.h>

#include <set>

namespace xylem::policy {

kj::String quote(kj::StringPtr word);
// As it has to be written in a configuration.

template <typename Map> kj::String unknown(kj::StringPtr kind, kj::StringPtr name, const Map& known) {
  // `there is no KIND "NAME"; did you mean "NAMES"?`
  kj::Vector<kj::StringPtr> names;
  for (auto& each : known) names.add(each.first.c_str());
  return kj::str("there is no ", kind, " \"", name, '"', net::didYouMean(name, names));
}

class Compiler {
 public:
  Compiler(Compiled& out, schema::Options::Reader options) : out(out), options(options) {}
  void run();

 private:
  using Texts = capnp::List<capnp::Text>::Reader;
  using Conditions = kj::Vector<Policy::Condition>;
  using Changes = kj::Vector<Policy::Change>;

  // Lists (compiler.cc).
  void checkName(kj::StringPtr path, kj::StringPtr name);
  void prefixList(schema::PrefixList::Reader from);
  void prefixes(kj::StringPtr path, capnp::List<schema::Prefix>::Reader from, PrefixList& to);
  static kj::Maybe<Lengths> lengths(net::IpNet net, schema::Prefix::Reader from);
  // Null: see `wrongPrefix`.
  void wrongPrefix(kj::StringPtr path, net::IpNet net, schema::Prefix::Reader from);
  void asPathList(schema::AsPathList::Reader from);
  void communityList(schema::CommunityList::Reader from);
  kj::Vector<CommunityPattern> patterns(kj::StringPtr path, Texts texts);

  // Policies (compiler.cc).
  const Policy* statement(kj::StringPtr path, schema::PolicyStatement::Reader from);
  void term(kj::StringPtr path, schema::Term::Reader from, Policy::Term& to);
  void checkReach(kj::StringPtr path, const Policy& policy);
  void checkUse();

  // Conditions (conditions.cc).
  void conditions(kj::StringPtr path, schema::Conditions::Reader from, Conditions& to);
  void pathConditions(kj::StringPtr path, schema::Conditions::Reader from, Conditions& to);
  void numberConditions(kj::StringPtr path, schema::Conditions::Reader from, Conditions& to);
  void sourceConditions(kj::StringPtr path, schema::Conditions::Reader from, Conditions& to);
  void policyCondition(kj::StringPtr path, Texts texts, Conditions& to);
  kj::Vector<Interval> intervals(kj::StringPtr path, Texts texts);
  kj::Vector<net::IpNet> nets(kj::StringPtr path, capnp::List<net::wire::IpNet>::Reader from);
  template <typename Map>
  auto lists(kj::StringPtr path, kj::StringPtr kind, Texts names, const Map& known, std::set<std::string>& used);

  // Changes (changes.cc).
  void changes(kj::StringPtr path, schema::Actions::Reader from, Changes& to);
  void numberChanges(kj::StringPtr path, schema::Actions::Reader from, Changes& to);
  void nextHopChange(kj::StringPtr path, kj::StringPtr text, Changes& to);
  void communityChange(kj::StringPtr path, schema::Communities::Reader from, Changes& to);
  Communities communities(kj::StringPtr path, Texts texts);
  kj::Maybe<Amount> amount(kj::StringPtr path, kj::StringPtr text);

  void error(kj::String path, kj::String text) { out.wrong.add(Problem{kj::mv(path), kj::mv(text), false}); }
  void warn(kj::String path, kj::String text) { out.wrong.add(Problem{kj::mv(path), kj::mv(text), true}); }

  Compiled& out;
  schema::Options::Reader options;

  std::map<std::string, schema::PolicyStatement::Reader> statements;
  std::set<std::string> done;
  kj::Vector<kj::StringPtr> calling;
  // The policies being compiled, each called by the one before.
  std::set<std::string> usedPrefixLists, usedAsPathLists, usedCommunityLists;
};

template <typename Map>
auto Compiler::lists(kj::StringPtr path, kj::StringPtr kind, Texts names, const Map& known,
                     std::set<std::string>& used) {
  kj::Vector<const typename Map::mapped_type*> found;
  for (auto name : names) {
    auto entry = known.find(name.cStr());
    if (entry == known.end()) {
      error(kj::str(path, ' ', quote(name)), unknown(kind, name, known));
    } else {
      found.add(&entry->second);
      used.insert(entry->first);
    }
  }
  return found;
}

}  // namespace xylem::policy
