// From rules to a graph of tests, in three passes.
//
// Building goes from the last rule to the first and from the end of each condition to its beginning, so that a test's
// two successors are there when it is made; equal tests with equal successors are one. Then, from the first test on,
// each edge carries what is known about a packet that takes it (bits that are so, tests that failed, a length that is
// reached), and is led past the tests that this answers. Last, a run of tests of one field against many values becomes
// a table that is searched by halving.

#include <click/decision.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace xylem::click {

struct Decision::Node {
  enum Kind { TEST, ALWAYS, NOT, ALL, ANY, CHOOSE } kind;
  std::vector<Condition> parts;
  int offset = 0;
  uint32_t value = 0, mask = 0;
  bool isShortYes = false;
};

namespace {

using Condition = Decision::Condition;
using Node = Decision::Node;

Condition node(Node::Kind kind, std::vector<Condition> parts) {
  return std::make_shared<Node>(Node{kind, std::move(parts)});
}

Condition flipShort(const Condition& condition) {
  auto copy = std::make_shared<Node>(*condition);
  copy->isShortYes = !copy->isShortYes;
  for (auto& each : copy->parts) each = flipShort(each);
  return copy;
}

unsigned bytesNeeded(uint32_t mask) {
  unsigned bytes = 4;
  while (bytes > 0 && (mask & 0xff) == 0) {
    mask >>= 8;
    --bytes;
  }
  return bytes;
}

}  // namespace

Decision::Condition Decision::test(int offset, uint32_t value, uint32_t mask) {
  Node made{Node::TEST, {}};
  made.offset = offset;
  made.value = value & mask;
  made.mask = mask;
  return std::make_shared<Node>(made);
}

Decision::Condition Decision::always() { return node(Node::ALWAYS, {}); }
Decision::Condition Decision::all(std::vector<Condition> parts) { return node(Node::ALL, std::move(parts)); }
Decision::Condition Decision::any(std::vector<Condition> parts) { return node(Node::ANY, std::move(parts)); }

Decision::Condition Decision::choose(Condition which, Condition yes, Condition no) {
  return node(Node::CHOOSE, {std::move(which), std::move(yes), std::move(no)});
}

Decision::Condition Decision::negate(Condition condition, bool shortStays) {
  return node(Node::NOT, {shortStays ? flipShort(condition) : std::move(condition)});
}

class DecisionCompiler {
  using Step = Decision::Step;

 public:
  explicit DecisionCompiler(Decision& out) : out(out) {}

  void compile(const std::vector<Decision::Rule>& rules) {
    int32_t target = -1 - Decision::NOTHING;
    for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule)
      target = build(*rule->condition, -1 - rule->output, target);
    target = skipKnown(target);
    arrange(target);
    makeTables();
  }

 private:
  using Key = std::tuple<int, uint32_t, uint32_t, bool, int32_t, int32_t>;

  int32_t build(const Node& condition, int32_t yes, int32_t no) {
    auto& parts = condition.parts;
    switch (condition.kind) {
      case Node::TEST:
        return make(condition.offset, condition.mask, condition.value, condition.isShortYes, yes, no);
      case Node::ALWAYS:
        return yes;
      case Node::NOT:
        return build(*parts[0], no, yes);
      case Node::ALL:
        for (auto part = parts.rbegin(); part != parts.rend(); ++part) yes = build(**part, yes, no);
        return yes;
      case Node::ANY:
        for (auto part = parts.rbegin(); part != parts.rend(); ++part) no = build(**part, yes, no);
        return no;
      case Node::CHOOSE:
        return build(*parts[0], build(*parts[1], yes, no), build(*parts[2], yes, no));
    }
    return no;
  }

  int32_t make(int offset, uint32_t mask, uint32_t value, bool isShortYes, int32_t yes, int32_t no) {
    if (yes == no) return yes;
    if (mask == 0) return (value == 0) ? yes : no;
    if (yes >= 0) {
      // Two tests of one word that must both hold are one.
      auto& then = steps[size_t(yes)];
      if (then.offset == offset && then.no == no && !then.isShortYes && !isShortYes) {
        if (((then.value ^ value) & then.mask & mask) != 0) return no;
        return make(offset, mask | then.mask, value | then.value, false, then.yes, no);
      }
    }
    auto [place, isNew] = known.try_emplace(Key{offset, mask, value, isShortYes, yes, no}, int32_t(steps.size()));
    if (isNew) steps.push_back({mask, value, yes, no, uint16_t(offset), uint8_t(bytesNeeded(mask)), isShortYes, 0, 0});
    return place->second;
  }

  // ---- what is known on the way
  struct Bits {
    int offset;
    uint32_t mask, value;
    bool operator==(const Bits&) const = default;
  };
  struct Facts {
    static constexpr size_t MOST = 64;
    std::vector<Bits> are, fails;
    // These bits are so; these tests fail (which a packet that is too short for them does as well).
    int length[3] = {};
    // At least, in each of the spaces of offsets.
    void know(const Bits& bits) {
      for (auto& each : are)
        if (each.offset == bits.offset) {
          each.mask |= bits.mask;
          each.value |= bits.value;
          return;
        }
      are.push_back(bits);
    }
    void meet(const Facts& other) {
      std::vector<Bits> both;
      for (auto& a : are)
        for (auto& b : other.are)
          if (a.offset == b.offset)
            if (auto mask = a.mask & b.mask & ~(a.value ^ b.value)) both.push_back({a.offset, mask, a.value & mask});
      are = std::move(both);
      std::erase_if(fails, [&](auto& each) { return std::ranges::find(other.fails, each) == other.fails.end(); });
      for (int i = 0; i < 3; ++i) length[i] = std::min(length[i], other.length[i]);
    }
  };
  static int spaceOf(int offset) { return offset < Decision::NETWORK ? 0 : offset < Decision::TRANSPORT ? 1 : 2; }

  static bool reaches(const Facts& facts, const Step& step) {
    return facts.length[spaceOf(step.offset)] >= step.offset + step.needed;
  }

  static std::optional<bool> answer(const Facts& facts, const Step& step) {
    bool reached = reaches(facts, step);
    for (auto& each : facts.are)
      if (each.offset == step.offset) {
        if (((each.value ^ step.value) & each.mask & step.mask) != 0 && (reached || !step.isShortYes)) return false;
        if ((each.mask & step.mask) == step.mask && ((each.value ^ step.value) & step.mask) == 0) return true;
      }
    if (step.isShortYes && !reached) return std::nullopt;
    for (auto& each : facts.fails)
      if (each.offset == step.offset && (each.mask & ~step.mask) == 0 && (step.value & each.mask) == each.value)
        return false;
    return std::nullopt;
  }

  static Facts along(Facts facts, const Step& step, bool yes) {
    auto& length = facts.length[spaceOf(step.offset)];
    bool reached = yes != step.isShortYes || reaches(facts, step);
    if (reached) length = std::max(length, step.offset + step.needed);
    if (yes && reached) facts.know({step.offset, step.mask, step.value});
    if (yes) return facts;
    if (reached && (step.mask & (step.mask - 1)) == 0) facts.know({step.offset, step.mask, step.value ^ step.mask});
    facts.fails.push_back({step.offset, step.mask, step.value});
    if (facts.fails.size() > Facts::MOST) facts.fails.erase(facts.fails.begin());
    return facts;
  }

  int32_t skip(const Facts& facts, int32_t target) const {
    while (target >= 0) {
      auto& step = steps[size_t(target)];
      auto known = answer(facts, step);
      if (!known) break;
      target = *known ? step.yes : step.no;
    }
    return target;
  }

  int32_t skipKnown(int32_t first) {
    if (first < 0) return first;
    std::vector<std::optional<Facts>> at(steps.size());
    at[size_t(first)].emplace();
    // Successors have lower numbers, so when a step's turn comes all that leads to it is known.
    for (auto i = size_t(first) + 1; i-- > 0;) {
      if (!at[i]) continue;
      for (bool yes : {true, false}) {
        auto facts = along(*at[i], steps[i], yes);
        auto& target = yes ? steps[i].yes : steps[i].no;
        target = skip(facts, target);
        if (target < 0) continue;
        auto& there = at[size_t(target)];
        if (there)
          there->meet(facts);
        else
          there = std::move(facts);
      }
      at[i].reset();
    }
    return remake(first);
  }

  int32_t remake(int32_t first) {
    // Steps whose successors became the same go, as do doubles.
    auto old = std::move(steps);
    steps.clear();
    known.clear();
    std::vector<int32_t> now(old.size());
    auto to = [&](int32_t target) { return target < 0 ? target : now[size_t(target)]; };
    for (size_t i = 0; i <= size_t(first); ++i) {
      auto& step = old[i];
      now[i] = make(step.offset, step.mask, step.value, step.isShortYes, to(step.yes), to(step.no));
    }
    return now[size_t(first)];
  }

  void arrange(int32_t first) {
    // Only what is reached, in the order in which it is run.
    out.start = first < 0 ? first : 0;
    out.steps.clear();
    if (first < 0) return;
    std::vector<int32_t> place(steps.size(), -1);
    place[size_t(first)] = 0;
    for (auto i = size_t(first) + 1; i-- > 0;) {
      if (place[i] < 0) continue;
      place[i] = int32_t(out.steps.size());
      out.steps.push_back(steps[i]);
      for (auto target : {steps[i].yes, steps[i].no})
        if (target >= 0) place[size_t(target)] = 0;
    }
    for (auto& step : out.steps)
      for (auto target : {&step.yes, &step.no})
        if (*target >= 0) *target = place[size_t(*target)];
  }

  bool continues(const Step& step, int32_t next) const {
    return next >= 0 && out.steps[size_t(next)].offset == step.offset && out.steps[size_t(next)].mask == step.mask &&
           out.steps[size_t(next)].isShortYes == step.isShortYes;
  }

  void makeTables() {
    constexpr size_t WORTH = 4;
    std::vector<bool> isInside(out.steps.size());
    for (size_t i = 0; i < out.steps.size(); ++i) {
      auto& step = out.steps[i];
      if (isInside[i] || step.isShortYes) continue;
      std::vector<Decision::Entry> entries{{step.value, step.yes}};
      int32_t next = step.no;
      for (; continues(step, next); next = out.steps[size_t(next)].no) {
        isInside[size_t(next)] = true;
        entries.push_back({out.steps[size_t(next)].value, out.steps[size_t(next)].yes});
      }
      if (entries.size() < WORTH) continue;
      std::ranges::stable_sort(entries, {}, &Decision::Entry::value);
      step.table = uint32_t(out.tables.size());
      step.tableSize = uint32_t(entries.size());
      out.tables.insert(out.tables.end(), entries.begin(), entries.end());
      out.tables.push_back({0, next});
      // Where it goes on when nothing is found.
    }
  }

  Decision& out;
  std::vector<Step> steps;
  std::map<Key, int32_t> known;
};

void Decision::compile(const std::vector<Rule>& rules, Space of) {
  space = of;
  tables.clear();
  DecisionCompiler(*this).compile(rules);
}

int Decision::next(const Step& step, uint32_t word) const {
  word &= step.mask;
  if (step.tableSize == 0) return word == step.value ? step.yes : step.no;
  auto begin = tables.begin() + step.table, end = begin + step.tableSize;
  auto found = std::lower_bound(begin, end, word, [](auto& entry, uint32_t value) { return entry.value < value; });
  return found != end && found->value == word ? found->target : end->target;
}

template <typename Fetch> int Decision::run(Fetch fetch) const {
  auto at = start;
  while (at >= 0) {
    auto& step = steps[size_t(at)];
    auto [begin, available] = fetch(step.offset);
    if (available >= 4) {
      uint32_t word;
      memcpy(&word, begin, 4);
      at = next(step, __builtin_bswap32(word));
    } else if (available >= step.needed) {
      uint32_t word = 0;
      for (int i = 0; i < available; ++i) word |= uint32_t(begin[i]) << (24 - 8 * i);
      at = next(step, word);
    } else {
      at = step.isShortYes ? step.yes : step.tableSize > 0 ? tables[step.table + step.tableSize].target : step.no;
    }
  }
  return at == -1 - NOTHING ? -1 : -1 - at;
}

int Decision::match(const Packet& packet) const {
  struct Piece {
    const uint8_t* begin;
    int available;
  };
  auto end = packet.data() + packet.length();
  if (space == Space::DATA) {
    return run([&](int offset) {
      auto available = int(packet.length()) - offset;
      return Piece{available > 0 ? packet.data() + offset : nullptr, available};
    });
  }
  auto buffer = packet.data() - packet.headroom();
  return run([&](int offset) -> Piece {
    auto header = offset >= TRANSPORT ? packet.transportHeader
                  : offset >= NETWORK ? packet.networkHeader
                                      : packet.macHeader;
    auto away = offset >= TRANSPORT ? offset - TRANSPORT : offset >= NETWORK ? offset - NETWORK : offset - MAC;
    if (header == nullptr || header + away < buffer || header + away > end) return {nullptr, 0};
    return {header + away, int(end - header) - away};
  });
}

std::vector<bool> Decision::used(int outputs) const {
  std::vector<bool> out(size_t(std::max(outputs, 0)));
  auto note = [&](int32_t target) {
    if (target < 0 && -1 - target < outputs) out[size_t(-1 - target)] = true;
  };
  note(start);
  for (auto& step : steps) {
    note(step.yes);
    note(step.no);
  }
  return out;
}

std::string Decision::printTarget(int target) {
  if (target == -1 - NOTHING) return "[X]";
  return target < 0 ? "[" + std::to_string(-1 - target) + "]" : "step " + std::to_string(target);
}

std::string Decision::print() const {
  std::string out;
  unsigned longest = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    auto& step = steps[i];
    char line[64];
    snprintf(line, sizeof line, "%2zu %3u/%08x%%%08x  yes->", i, step.offset, step.value, step.mask);
    out +=
        line + printTarget(step.yes) + "  no->" + printTarget(step.no) + (step.isShortYes ? "  short->yes" : "") + "\n";
    longest = std::max(longest, unsigned(step.offset) + step.needed);
  }
  if (steps.empty()) out += "all->" + (start == -1 - NOTHING ? std::string("[X]") : printTarget(start)) + "\n";
  return out + "safe length " + std::to_string(longest) + "\nalignment offset 0\n";
}

}  // namespace xylem::click
