#pragma once
// Automaton: does a sequence of symbols match an expression? Symbols are numbers (AS numbers, or characters).
//
//     Automaton automaton;
//     auto a = automaton.one({{65001, 65001}}), b = automaton.one({{0, UINT32_MAX}});
//     automaton.finish(automaton.concat(a, automaton.repeat(b, 0, Automaton::MANY)));
//     Automaton::Run run(automaton);
//     run.step(65001);
//     bool matches = run.end();
//
// An expression is put together from the parts below and may match anywhere in a sequence, unless `begins` and `ends`
// tie it down. It is then run as a deterministic automaton, whose states are made when they are first reached, and all
// forgotten when there are too many: so a step costs one table look-up as a rule, and neither time nor memory explodes,
// whatever the expression. Matching changes that cache: an automaton is for one thread.

#include <kj/array.h>
#include <kj/common.h>

#include <cstdint>
#include <map>
#include <vector>

namespace xylem::policy {

using kj::uint;

class Automaton {
 public:
  Automaton() = default;
  KJ_DISALLOW_COPY(Automaton);

  struct Range {
    // Both ends included.
    uint32_t first, last;
  };
  struct Part {
    // A piece of the expression. It becomes part of what is made of it, and is then no longer used.
    uint in = 0, out = 0;
    size_t begin = 0, end = 0;
    // Its places are numbered from `begin` to `end`, which is how many there were when it was made.
  };

  static constexpr uint MANY = ~0u;
  static constexpr size_t MAX_PLACES = 4000;

  Part nothing();
  Part one(std::vector<Range> symbols);
  // One symbol out of these.
  Part begins();
  Part ends();
  // The beginning and the end of the sequence.
  Part concat(Part a, Part b);
  Part either(Part a, Part b);
  Part repeat(Part part, uint least, uint most);
  // `most` may be MANY. `part` must be what was made last.

  bool isTooBig() const { return places.size() > MAX_PLACES; }
  // More parts may not be made then; what was made is of no use.

  void finish(Part whole);
  // No more parts; to be called once, before the first Run.

  class Run {
    // One sequence being matched; one at a time.
   public:
    explicit Run(const Automaton& automaton);
    void step(uint32_t symbol);
    bool end() const;
    // Whether the sequence, if this was all of it, matches.
    bool isDecided() const;
    // It matches, whatever follows.

   private:
    const Automaton& automaton;
    uint state;
  };

  size_t cached() const { return states.size(); }
  // States at present.

 private:
  static constexpr size_t MAX_STATES = 256;
  static constexpr uint UNKNOWN = ~0u;

  struct Place {
    enum Kind : uint8_t { SPLIT, SYMBOL, BEGIN, END, FINAL } kind = SPLIT;
    uint next[2] = {NOWHERE, NOWHERE};
    uint set = 0;
    // Of a SYMBOL: in `sets`.
  };
  static constexpr uint NOWHERE = ~0u;

  struct State {
    std::vector<uint16_t> places;
    // Those that wait for a symbol or for the end, in order.
    std::vector<uint> next;
    // By class of the symbol.
    bool matches = false, matchesAtEnd = false;
  };

  uint place(Place::Kind kind, uint to = NOWHERE);
  void link(uint from, uint to);
  Part copy(Part part);
  uint classOf(uint32_t symbol) const;
  bool has(uint set, uint symbolClass) const { return members[set][symbolClass]; }
  uint start() const;
  uint follow(uint from, uint symbolClass) const;
  uint intern(State state) const;
  void close(std::vector<uint>& open, bool atBegin, bool atEnd, State& into) const;

  std::vector<Place> places;
  std::vector<std::vector<Range>> sets;
  std::vector<uint32_t> classes;
  // First symbol of each class: symbols of a class are in the same sets.
  std::vector<std::vector<bool>> members;
  // Of each set, by class.
  uint entry = 0;

  mutable std::vector<State> states;
  mutable uint first = UNKNOWN;
  // The state in which every run begins.
  mutable std::map<std::vector<uint16_t>, uint> known;
  mutable std::vector<bool> seen;
};

}  // namespace xylem::policy
