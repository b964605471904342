// Thompson's construction, and the subset construction as needed. The sequence's beginning and end are conditions on
// the empty transitions: those of `begins` are taken when the first state is made, those of `ends` only to find out
// whether a state matches if the sequence ends there.
//
// Symbols fall into classes, cut wherever a set begins or ends, so a row of the table is no longer than the expression.

#include <policy/automaton.h>

#include <kj/debug.h>

#include <algorithm>

namespace xylem::policy {

uint Automaton::place(Place::Kind kind, uint to) {
  Place made;
  made.kind = kind;
  made.next[0] = to;
  places.push_back(made);
  return uint(places.size() - 1);
}

void Automaton::link(uint from, uint to) {
  auto& next = places[from].next;
  (next[0] == NOWHERE ? next[0] : next[1]) = to;
}

Automaton::Part Automaton::nothing() {
  auto at = place(Place::SPLIT);
  return {at, at, at, places.size()};
}

Automaton::Part Automaton::one(std::vector<Range> symbols) {
  auto out = place(Place::SPLIT), in = place(Place::SYMBOL, out);
  places[in].set = uint(sets.size());
  sets.push_back(kj::mv(symbols));
  return {in, out, out, places.size()};
}

Automaton::Part Automaton::begins() {
  auto out = place(Place::SPLIT), in = place(Place::BEGIN, out);
  return {in, out, out, places.size()};
}

Automaton::Part Automaton::ends() {
  auto out = place(Place::SPLIT), in = place(Place::END, out);
  return {in, out, out, places.size()};
}

Automaton::Part Automaton::concat(Part a, Part b) {
  link(a.out, b.in);
  return {a.in, b.out, kj::min(a.begin, b.begin), places.size()};
}

Automaton::Part Automaton::either(Part a, Part b) {
  auto out = place(Place::SPLIT), in = place(Place::SPLIT);
  link(in, a.in);
  link(in, b.in);
  link(a.out, out);
  link(b.out, out);
  return {in, out, kj::min(a.begin, b.begin), places.size()};
}

Automaton::Part Automaton::copy(Part part) {
  uint shift = uint(places.size() - part.begin);
  for (size_t i = part.begin; i < part.end; ++i) {
    auto made = places[i];
    for (auto& next : made.next)
      if (next != NOWHERE) next += shift;
    places.push_back(made);
  }
  return {part.in + shift, part.out + shift, part.begin + shift, places.size()};
}

Automaton::Part Automaton::repeat(Part part, uint least, uint most) {
  // least copies, then those that may be left out; or a loop.
  KJ_REQUIRE(part.end == places.size() && least <= most);
  uint copies = kj::max(1u, most == MANY ? least : most);
  std::vector<Part> all{part};
  while (all.size() < copies && !isTooBig()) all.push_back(copy(part));
  if (isTooBig()) return part;
  auto out = place(Place::SPLIT), in = place(Place::SPLIT);
  uint at = in;
  for (uint i = 0; i < copies; ++i) {
    bool skippable = i >= least;
    if (skippable) {
      auto choice = place(Place::SPLIT);
      link(at, choice);
      if (most > 0) link(choice, all[i].in);
      link(choice, out);
    } else {
      link(at, all[i].in);
    }
    at = all[i].out;
  }
  if (most == MANY) {
    auto again = place(Place::SPLIT);
    link(at, again);
    link(again, all.back().in);
    at = again;
  }
  link(at, out);
  return {in, out, part.begin, places.size()};
}

void Automaton::finish(Part whole) {
  // In front of the expression anything may stand, so its start is begun again at each symbol (`follow`).
  link(whole.out, place(Place::FINAL));
  entry = whole.in;
  classes.push_back(0);
  for (auto& set : sets)
    for (auto& range : set) {
      classes.push_back(range.first);
      if (range.last < UINT32_MAX) classes.push_back(range.last + 1);
    }
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  for (auto& set : sets) {
    std::vector<bool> in(classes.size());
    for (auto& range : set)
      for (uint c = classOf(range.first); c < classes.size() && classes[c] <= range.last; ++c) in[c] = true;
    members.push_back(kj::mv(in));
  }
  seen.resize(places.size());
}

uint Automaton::classOf(uint32_t symbol) const {
  return uint(std::upper_bound(classes.begin(), classes.end(), symbol) - classes.begin()) - 1;
}

void Automaton::close(std::vector<uint>& open, bool atBegin, bool atEnd, State& into) const {
  // Follows the empty transitions from `open`. With `atEnd` only whether that leads to the end is of interest.
  std::fill(seen.begin(), seen.end(), false);
  while (!open.empty()) {
    auto at = open.back();
    open.pop_back();
    if (at == NOWHERE || seen[at]) continue;
    seen[at] = true;
    auto& here = places[at];
    bool passes =
        here.kind == Place::SPLIT || (here.kind == Place::BEGIN && atBegin) || (here.kind == Place::END && atEnd);
    if (here.kind == Place::FINAL) (atEnd ? into.matchesAtEnd : into.matches) = true;
    if (!atEnd && (here.kind == Place::SYMBOL || here.kind == Place::END)) into.places.push_back(uint16_t(at));
    if (passes) open.insert(open.end(), std::begin(here.next), std::end(here.next));
  }
}

uint Automaton::start() const {
  State state;
  std::vector<uint> open{entry};
  close(open, true, false, state);
  open = {entry};
  close(open, true, true, state);
  std::sort(state.places.begin(), state.places.end());
  // Never equal to a later state of the same places: that one may not pass what only the beginning passes.
  state.places.insert(state.places.begin(), UINT16_MAX);
  return intern(kj::mv(state));
}

uint Automaton::follow(uint from, uint symbolClass) const {
  auto next = states[from].next[symbolClass];
  if (next != UNKNOWN) return next;
  State state;
  std::vector<uint> open;
  for (auto at : states[from].places)
    if (at != UINT16_MAX && places[at].kind == Place::SYMBOL && has(places[at].set, symbolClass))
      open.push_back(places[at].next[0]);
  open.push_back(entry);
  close(open, false, false, state);
  std::sort(state.places.begin(), state.places.end());
  state.matches = state.matches || states[from].matches;
  open.assign(state.places.begin(), state.places.end());
  close(open, false, true, state);
  auto generation = states.size();
  auto made = intern(kj::mv(state));
  if (states.size() >= generation) states[from].next[symbolClass] = made;
  return made;
}

uint Automaton::intern(State state) const {
  auto key = state.places;
  if (state.matches) key = {uint16_t(UINT16_MAX - 1)};  // It stays so: all of them are one.
  auto found = known.find(key);
  if (found != known.end()) return found->second;
  if (states.size() >= MAX_STATES) {
    states.clear();
    known.clear();
    first = UNKNOWN;
  }
  state.next.assign(classes.size(), UNKNOWN);
  states.push_back(kj::mv(state));
  return known[kj::mv(key)] = uint(states.size() - 1);
}

Automaton::Run::Run(const Automaton& automaton) : automaton(automaton) {
  if (automaton.first == UNKNOWN) automaton.first = automaton.start();
  state = automaton.first;
}

void Automaton::Run::step(uint32_t symbol) { state = automaton.follow(state, automaton.classOf(symbol)); }

bool Automaton::Run::isDecided() const { return automaton.states[state].matches; }

bool Automaton::Run::end() const {
  auto& at = automaton.states[state];
  return at.matches || at.matchesAtEnd;
}

}  // namespace xylem::policy
