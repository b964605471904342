#pragma once
// The decision process: which path to a destination is best, and at which step the others lose (RFC 4271 section 9.1.2,
// RFC 4456 section 9, RFC 5004, RFC 5065 section 5.3, RFC 9494).
//
//     Decision decision(options);
//     decision.arrange(candidates);              // best first
//     decision.whyNot(candidates, 2)             // Step::MED
//     nameOf(Step::MED)                          // "MED"
//
// MED is compared between paths of the same neighbouring AS only, so "is better than" is no order. What makes the
// result one all the same, whatever the order of arrival: among paths that are equal up to that step, each
// neighbouring AS puts its paths in order, by MED and then by the later steps; and the heads of these queues compete by
// the later steps for the next place.

#include <protocols/bgp/pool.h>

namespace xylem::bgp {

struct Neighbor {
  // Whom paths come from. Its index is a uint16_t.
  enum Kind : uint8_t { LOCAL, EXTERNAL, CONFEDERATION, INTERNAL };
  // LOCAL: this router itself; its paths need no way to the next hop.
  Kind kind = EXTERNAL;
  uint32_t as = 0;
  net::Ip4 routerId;
  net::Ip address;
  bool client = false;
  // Of this route reflector (RFC 4456).
};

enum class Step : uint8_t {
  NONE,
  // It does not lose: it is best, or as good in all.
  REJECTED,
  UNREACHABLE,
  LLGR_STALE,
  LOCAL_PREFERENCE,
  LOCAL_ORIGIN,
  PATH_LENGTH,
  ORIGIN,
  MED,
  EXTERNAL,
  IGP_METRIC,
  AGE,
  // From here on it is a tie for multipath.
  ROUTER_ID,
  CLUSTER_LIST,
  PEER_ADDRESS,
  PATH_ID,
};
kj::StringPtr nameOf(Step step);
// As it completes "it lost by ...": `local preference`.

struct Multipath {
  enum Rule : uint8_t { SAME_PATH, SAME_NEIGHBOR_AS, ANY_PATH };
  // What AS paths of the same length must have in common to be used together.
  Rule rule = SAME_PATH;
  uint external = 1, internal = 1;
  // At most so many paths when the best one is external, or internal; at least 1.
};

struct DecisionOptions {
  uint32_t defaultLocalPreference = 100;
  // Of paths without one.
  bool ignorePathLength = false;
  bool alwaysCompareMed = false;
  // Also between different neighbouring ASes.
  bool compareConfederationMed = false;
  // Also between paths from inside of the confederation.
  bool missingMedWorst = false;
  // A path without MED has the highest, not the lowest.
  bool ignoreIgpMetric = false;
  bool preferOldest = false;
  // Of external paths (RFC 5004): the result then depends on history.
  Multipath multipath;
};

struct Candidate {
  uint32_t path;
  // Whatever names it for the caller.
  AttributeId accepted;
  const Summary* attributes;
  // Of what was accepted, or received when nothing was.
  const Neighbor* neighbor;
  uint32_t metric = 0;
  bool reachable = false;
  uint32_t since = 0;
  uint32_t pathId = 0;
};

class Decision {
 public:
  explicit Decision(const DecisionOptions& options = {});

  struct Verdict {
    int order;
    // Negative: the first is better. Zero only for paths of the same peer with the same path identifier.
    Step step;
    // That said so.
  };
  Verdict compare(const Candidate& a, const Candidate& b) const;
  // One against the other. No order: see above.

  void arrange(std::vector<Candidate>& candidates) const;
  // Best first, in a total order that does not depend on the one it finds. A path between which and those arranged MED
  // never decides goes in front of the first one that `compare` says it is better than.
  Step whyNot(const std::vector<Candidate>& arranged, size_t at) const;
  // The step by which it is not the best.
  bool isUsable(const Candidate& candidate) const { return candidate.accepted != 0 && candidate.reachable; }

  size_t multipath(const std::vector<Candidate>& arranged, const AttributePool& pool,
                   std::vector<uint32_t>& paths) const;
  // The paths to use together, best first: none, one or more. Ones with the next hop of another are left out.

  const DecisionOptions& settings() const { return options; }

 private:
  using Compare = int (*)(const DecisionOptions&, const Candidate&, const Candidate&);
  struct Rule {
    Step step;
    Compare compare;
  };
  static const Rule RULES[];
  bool isOn(Step step) const;
  int compareFrom(size_t from, const Candidate& a, const Candidate& b) const;
  int compareUpToMed(const Candidate& a, const Candidate& b) const;
  bool isTiedBeforeMed(const Candidate& a, const Candidate& b) const { return compareUpToMed(a, b) == 0; }
  void queueByMed(std::vector<Candidate>& candidates) const;
  bool qualifies(const Candidate& best, const Candidate& other, const AttributePool& pool) const;

  DecisionOptions options;
  std::vector<Rule> rules;
  size_t afterMed = 0;
  // Where the later ones begin.
};

}  // namespace xylem::bgp
