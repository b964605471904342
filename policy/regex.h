#pragma once
// Regular expressions over AS paths, and over texts of communities.
//
//     auto parsed = Regex::parse("^65001 [64512-65534]+ .*$", Regex::PATHS);
//     KJ_IF_MAYBE (wrong, parsed.tryGet<Regex::Wrong>()) report(wrong->at, wrong->text);
//     else if (parsed.get<kj::Own<Regex>>()->matches(path)) ...
//
// Both kinds: `|` is a choice, `( )` a group, `x*` any number of x, `x+` one or more, `x?` none or one, `x{2}` `x{2,}`
// `x{2,4}` so many, `^` the beginning, `$` the end. Without `^` and `$` an expression matches anywhere within.
//
// PATHS is about AS numbers, not about their digits: `65001` is that AS, `.` any one, `[64512-65534 23456]` one of
// these, `[^1-3]` any but these. What follows one another is set apart by a space or `_`, which mean nothing else: so
// `_65001_` is a path that contains AS 65001, as it is in the dialects that look at digits. To catch what such a
// dialect would understand otherwise (`6451[2-9]`), a number may not touch a neighbour. Members of a set, and of
// confederation segments, count one by one in the order in which AsPath holds them.
//
// TEXTS is about characters: `.` is any, `[0-9a]` `[^:]` one of these or of the others, `\` takes away the meaning of
// what follows.

#include <kj/one-of.h>
#include <policy/attributes.h>
#include <policy/automaton.h>

namespace xylem::policy {

class Regex {
 public:
  enum Kind { PATHS, TEXTS };
  struct Wrong {
    size_t at;
    // In the text; its size if something is missing at the end.
    kj::String text;
  };
  static constexpr size_t LONGEST = 1000;
  // Characters of an expression.
  static constexpr uint MOST = 255;
  // In braces.

  static kj::OneOf<kj::Own<Regex>, Wrong> parse(kj::StringPtr text, Kind kind);

  bool matches(const AsPath& path) const;
  bool matches(kj::StringPtr text) const;

 private:
  Automaton automaton;
};

}  // namespace xylem::policy
