#pragma once
// RoundRobinIPMapper(PATTERN FORWARD REPLY, ...), SourceIPHashMapper(NODES SEED, PATTERN FORWARD REPLY ID, ...)
//
// Tell a rewriter which pattern to use for a new flow: RoundRobinIPMapper one after the other, SourceIPHashMapper by
// the source address, so that all flows of a host get the same one. The latter hashes consistently: each pattern has
// NODES places on a ring, that depend on its ID and SEED alone; a pattern that comes or goes changes only what is its
// own.
//
// Example: IPRewriter(RoundRobinIPMapper(- - 10.0.0.1 - 0 1, - - 10.0.0.2 - 0 1), ...)  with the mapper declared apart:
//   m :: RoundRobinIPMapper(- - 10.0.0.1 - 0 1, - - 10.0.0.2 - 0 1); rw :: IPRewriter(m, drop);

#include <click/element.h>
#include <click/elements/nat/rewriter.h>

#include <map>

namespace xylem::click {

class PatternMapper : public Element, public FlowMapper {
 public:
  int configurePhase() const override { return PHASE_DEFAULT - 1; }
  void used(Rewriter& by, Errors& errors) override;

 protected:
  void readPatterns(const Strings& texts, Errors& errors);
  std::optional<FlowId> apply(size_t pattern, const FlowId& flow, const FlowTable& replies, PatternOutputs& chosen);

  std::vector<PatternOutputs> patterns;
};

class RoundRobinIPMapper final : public PatternMapper {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  std::optional<FlowId> rewrite(const FlowId& flow, const FlowTable& replies, PatternOutputs& chosen) override;

 private:
  size_t next = 0;
};

class SourceIPHashMapper final : public PatternMapper {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  std::optional<FlowId> rewrite(const FlowId& flow, const FlowTable& replies, PatternOutputs& chosen) override;

 private:
  void addToRing(size_t pattern, uint32_t id, uint32_t nodes, uint32_t seed);

  std::map<uint32_t, size_t> ring;
};

}  // namespace xylem::click
