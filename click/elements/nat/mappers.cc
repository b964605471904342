// A ring for consistent hashing (Karger and others, 1997): a source belongs to the next place on it.

#include <click/elements/nat/mappers.h>

namespace xylem::click {

const Kind RoundRobinIPMapper::KIND = kindOf<RoundRobinIPMapper>("RoundRobinIPMapper");
const Kind SourceIPHashMapper::KIND = kindOf<SourceIPHashMapper>("SourceIPHashMapper");

void PatternMapper::readPatterns(const Strings& texts, Errors& errors) {
  for (size_t i = 0; i < texts.size(); ++i) {
    Prefixed prefixed(errors, "pattern " + std::to_string(i) + ": ");
    PatternOutputs out;
    if (readPattern(splitWords(texts[i]), out, Reading{this, prefixed})) patterns.push_back(out);
  }
}

void PatternMapper::used(Rewriter& by, Errors& errors) {
  for (auto& each : patterns)
    if (each.forward < 0 || each.reply < 0 || each.forward >= by.outputs() || each.reply >= by.outputs())
      return errors.error("port in " + quoted(declaration()) + " out of range for " + quoted(by.declaration()));
}

std::optional<FlowId> PatternMapper::apply(size_t pattern, const FlowId& flow, const FlowTable& replies,
                                           PatternOutputs& chosen) {
  chosen = patterns[pattern];
  return chosen.pattern->rewrite(flow, replies);
}

void RoundRobinIPMapper::configure(Args& args) {
  Strings texts;
  if (!args.rest(texts).complete()) return;
  if (texts.empty()) return args.error("no patterns given");
  if (texts.size() == 1) args.errors.warning("only one pattern given");
  readPatterns(texts, args.errors);
}

std::optional<FlowId> RoundRobinIPMapper::rewrite(const FlowId& flow, const FlowTable& replies,
                                                  PatternOutputs& chosen) {
  for (size_t i = 0; i < patterns.size(); ++i) {
    auto pattern = next % patterns.size();
    next = pattern + 1;
    if (auto out = apply(pattern, flow, replies, chosen)) return out;
  }
  return std::nullopt;
}

void SourceIPHashMapper::configure(Args& args) {
  Strings texts;
  if (!args.rest(texts).complete()) return;
  if (texts.empty()) return args.error("no hash seed given");
  if (texts.size() == 1) return args.error("no patterns given");
  if (texts.size() == 2) args.errors.warning("only one pattern given");
  auto words = splitWords(texts[0]);
  if (words.size() != 2) return args.error("requires 2 config params: numnodes seed");
  constexpr int MOST_NODES = 65536;
  __int128 nodes, seed;
  if (!parseInteger(words[0], nodes) || nodes <= 0 || nodes > MOST_NODES)
    return args.error("number of nodes must be an integer");
  if (!parseInteger(words[1], seed)) return args.error("hash seed must be an integer");
  Strings rest;
  std::vector<uint32_t> ids;
  for (size_t i = 1; i < texts.size(); ++i) {
    auto server = splitWords(texts[i]);
    __int128 id;
    if (server.size() < 2 || !parseInteger(server.back(), id) || id < 0)
      return args.error("bad server ID in pattern spec");
    ids.push_back(uint32_t(id));
    server.pop_back();
    std::string pattern;
    for (auto& word : server) pattern += word + " ";
    rest.push_back(pattern);
  }
  readPatterns(rest, args.errors);
  for (size_t i = 0; i < patterns.size(); ++i) addToRing(i, ids[i], uint32_t(nodes), uint32_t(seed));
}

void SourceIPHashMapper::addToRing(size_t pattern, uint32_t id, uint32_t nodes, uint32_t seed) {
  for (uint32_t i = 0; i < nodes; ++i) ring.emplace(net::mix(uint64_t(id) << 32 | i, seed), pattern);
}

std::optional<FlowId> SourceIPHashMapper::rewrite(const FlowId& flow, const FlowTable& replies,
                                                  PatternOutputs& chosen) {
  auto place = ring.lower_bound(net::mix(flow.source.bits));
  if (place == ring.end()) place = ring.begin();
  return apply(place->second, flow, replies, chosen);
}

}  // namespace xylem::click
