// The steps are a table; one that the options turn off is left out of it.
//
// With queues by neighbouring AS, as the header says, a path's turn comes when all before it in its queue have had
// theirs. So the order is that of the worst path, by the later steps, among itself and those before it: a key that
// sorting can use. Where all of a queue have one MED that worst path is always itself, and the order is simply that of
// the steps one after the other; a single path is then put in its place without looking at the rest again.

#include <protocols/bgp/decision.h>

#include <algorithm>

namespace xylem::bgp {

namespace {

template <typename T> int lowest(T a, T b) { return a < b ? -1 : a > b ? 1 : 0; }
int given(bool a, bool b) { return int(b) - int(a); }

int notRejected(const DecisionOptions&, const Candidate& a, const Candidate& b) {
  return given(a.accepted != 0, b.accepted != 0);
}

int reachable(const DecisionOptions&, const Candidate& a, const Candidate& b) {
  return given(a.reachable, b.reachable);
}

int notStale(const DecisionOptions&, const Candidate& a, const Candidate& b) {
  return given(!a.attributes->has(Summary::LLGR_STALE), !b.attributes->has(Summary::LLGR_STALE));
}

uint32_t preferenceOf(const DecisionOptions& options, const Candidate& candidate) {
  auto& attributes = *candidate.attributes;
  return attributes.has(Summary::HAS_LOCAL_PREFERENCE) ? attributes.localPreference : options.defaultLocalPreference;
}

int localPreference(const DecisionOptions& options, const Candidate& a, const Candidate& b) {
  return lowest(preferenceOf(options, b), preferenceOf(options, a));
}

int localOrigin(const DecisionOptions&, const Candidate& a, const Candidate& b) {
  return given(a.neighbor->kind == Neighbor::LOCAL, b.neighbor->kind == Neighbor::LOCAL);
}

int pathLength(const DecisionOptions&, const Candidate& a, const Candidate& b) {
  return lowest(a.attributes->pathLength, b.attributes->pathLength);
}

int origin(const DecisionOptions&, const Candidate& a, const Candidate& b) {
  return lowest(a.attributes->origin(), b.attributes->origin());
}

constexpr uint64_t INSIDE = uint64_t(1) << 32, APART = uint64_t(2) << 32;

uint64_t queueOf(const DecisionOptions& options, const Candidate& candidate) {
  // Paths are compared by MED within one; APART, never.
  auto& attributes = *candidate.attributes;
  if (options.alwaysCompareMed) return 0;
  if (attributes.neighborAs != 0 || !attributes.has(Summary::CONFEDERATED)) return attributes.neighborAs;
  return options.compareConfederationMed ? INSIDE : APART;
}

uint32_t medOf(const DecisionOptions& options, const Candidate& candidate) {
  if (queueOf(options, candidate) == APART) return 0;
  auto& attributes = *candidate.attributes;
  return attributes.has(Summary::HAS_MED) ? attributes.med : options.missingMedWorst ? ~uint32_t(0) : 0;
}

int med(const DecisionOptions& options, const Candidate& a, const Candidate& b) {
  return queueOf(options, a) != queueOf(options, b) ? 0 : lowest(medOf(options, a), medOf(options, b));
}

bool isInternal(const Candidate& candidate) { return candidate.neighbor->kind >= Neighbor::CONFEDERATION; }

int external(const DecisionOptions&, const Candidate& a, const Candidate& b) {
  return given(!isInternal(a), !isInternal(b));
}

int igpMetric(const DecisionOptions&, const Candidate& a, const Candidate& b) { return lowest(a.metric, b.metric); }

int age(const DecisionOptions&, const Candidate& a, const Candidate& b) {
  // Whoever comes to this step with it is either.
  return isInternal(a) ? 0 : lowest(a.since, b.since);
}

uint32_t routerIdOf(const Candidate& candidate) {
  auto& attributes = *candidate.attributes;
  return attributes.has(Summary::HAS_ORIGINATOR) ? attributes.originatorId : candidate.neighbor->routerId.bits;
}

int routerId(const DecisionOptions&, const Candidate& a, const Candidate& b) {
  return lowest(routerIdOf(a), routerIdOf(b));
}

int clusterList(const DecisionOptions&, const Candidate& a, const Candidate& b) {
  return lowest(a.attributes->clusters, b.attributes->clusters);
}

int peerAddress(const DecisionOptions&, const Candidate& a, const Candidate& b) {
  return lowest(a.neighbor->address, b.neighbor->address);
}

int pathIdentifier(const DecisionOptions&, const Candidate& a, const Candidate& b) {
  return lowest(a.pathId, b.pathId);
}

const kj::StringPtr NAMES[] = {"nothing"_kj,
                               "import policy"_kj,
                               "unreachable next hop"_kj,
                               "LLGR staleness"_kj,
                               "local preference"_kj,
                               "local origin"_kj,
                               "AS path length"_kj,
                               "origin"_kj,
                               "MED"_kj,
                               "external over internal"_kj,
                               "IGP metric"_kj,
                               "age"_kj,
                               "router ID"_kj,
                               "cluster list length"_kj,
                               "peer address"_kj,
                               "path identifier"_kj};

}  // namespace

const Decision::Rule Decision::RULES[] = {{Step::REJECTED, notRejected},
                                          {Step::UNREACHABLE, reachable},
                                          {Step::LLGR_STALE, notStale},
                                          {Step::LOCAL_PREFERENCE, localPreference},
                                          {Step::LOCAL_ORIGIN, localOrigin},
                                          {Step::PATH_LENGTH, pathLength},
                                          {Step::ORIGIN, origin},
                                          {Step::MED, med},
                                          {Step::EXTERNAL, external},
                                          {Step::IGP_METRIC, igpMetric},
                                          {Step::AGE, age},
                                          {Step::ROUTER_ID, routerId},
                                          {Step::CLUSTER_LIST, clusterList},
                                          {Step::PEER_ADDRESS, peerAddress},
                                          {Step::PATH_ID, pathIdentifier}};

kj::StringPtr nameOf(Step step) { return NAMES[uint(step)]; }

Decision::Decision(const DecisionOptions& options) : options(options) {
  for (auto& rule : RULES) {
    if (isOn(rule.step)) rules.push_back(rule);
    if (rule.step == Step::MED) afterMed = rules.size();
  }
}

bool Decision::isOn(Step step) const {
  switch (step) {
    case Step::PATH_LENGTH:
      return !options.ignorePathLength;
    case Step::IGP_METRIC:
      return !options.ignoreIgpMetric;
    case Step::AGE:
      return options.preferOldest;
    default:
      return true;
  }
}

Decision::Verdict Decision::compare(const Candidate& a, const Candidate& b) const {
  for (auto& rule : rules) {
    int order = rule.compare(options, a, b);
    if (order != 0) return {order, rule.step};
  }
  return {0, Step::NONE};
}

int Decision::compareFrom(size_t from, const Candidate& a, const Candidate& b) const {
  for (size_t i = from; i < rules.size(); ++i) {
    int order = rules[i].compare(options, a, b);
    if (order != 0) return order;
  }
  return 0;
}

int Decision::compareUpToMed(const Candidate& a, const Candidate& b) const {
  for (size_t i = 0; i + 1 < afterMed; ++i) {
    int order = rules[i].compare(options, a, b);
    if (order != 0) return order;
  }
  return 0;
}

void Decision::arrange(std::vector<Candidate>& candidates) const {
  if (candidates.size() < 2) return;
  bool byMed = false;
  std::sort(candidates.begin(), candidates.end(), [&](auto& a, auto& b) {
    int order = compareUpToMed(a, b);
    if (order == 0) order = lowest(queueOf(options, a), queueOf(options, b));
    if (order == 0) order = lowest(medOf(options, a), medOf(options, b));
    return (order != 0 ? order : compareFrom(afterMed, a, b)) < 0;
  });
  for (size_t i = 1; i < candidates.size() && !byMed; ++i) byMed = isTiedBeforeMed(candidates[i - 1], candidates[i]);
  if (byMed) queueByMed(candidates);
}

void Decision::queueByMed(std::vector<Candidate>& candidates) const {
  struct Turn {
    Candidate candidate;
    size_t worst;
  };
  std::vector<Turn> turns;
  for (size_t begin = 0, end; begin < candidates.size(); begin = end) {
    turns.clear();
    for (end = begin; end < candidates.size() && (end == begin || isTiedBeforeMed(candidates[begin], candidates[end]));
         ++end) {
      bool head = end == begin || queueOf(options, candidates[end - 1]) != queueOf(options, candidates[end]);
      size_t before = head ? end : turns.back().worst;
      bool worse = compareFrom(afterMed, candidates[before], candidates[end]) <= 0;
      turns.push_back({candidates[end], worse ? end : before});
    }
    std::stable_sort(turns.begin(), turns.end(), [&](auto& a, auto& b) {
      return a.worst != b.worst && compareFrom(afterMed, candidates[a.worst], candidates[b.worst]) < 0;
    });
    for (size_t i = 0; i < turns.size(); ++i) candidates[begin + i] = turns[i].candidate;
  }
}

Step Decision::whyNot(const std::vector<Candidate>& arranged, size_t at) const {
  if (at == 0) return Step::NONE;
  auto verdict = compare(arranged[0], arranged[at]);
  // It may be better than the best itself and stand behind another of its neighbouring AS.
  return verdict.order <= 0 ? verdict.step : Step::MED;
}

bool Decision::qualifies(const Candidate& best, const Candidate& other, const AttributePool& pool) const {
  auto verdict = compare(best, other);
  if (verdict.order > 0 || (verdict.step != Step::NONE && verdict.step < Step::AGE)) return false;
  if (best.neighbor->kind != other.neighbor->kind) return false;
  switch (options.multipath.rule) {
    case Multipath::SAME_PATH: {
      auto ours = KJ_ASSERT_NONNULL(findAttribute(pool.bytes(best.accepted), encoded::AS_PATH));
      return ours == KJ_ASSERT_NONNULL(findAttribute(pool.bytes(other.accepted), encoded::AS_PATH));
    }
    case Multipath::SAME_NEIGHBOR_AS:
      return best.attributes->neighborAs == other.attributes->neighborAs;
    case Multipath::ANY_PATH:
      return true;
  }
  KJ_UNREACHABLE;
}

size_t Decision::multipath(const std::vector<Candidate>& arranged, const AttributePool& pool,
                           std::vector<uint32_t>& paths) const {
  paths.clear();
  if (arranged.empty() || !isUsable(arranged[0])) return 0;
  auto& best = arranged[0];
  size_t most = isInternal(best) ? options.multipath.internal : options.multipath.external;
  std::vector<uint32_t> hops;
  for (size_t i = 0; i < arranged.size() && (i == 0 || paths.size() < most); ++i) {
    auto& candidate = arranged[i];
    if (!isTiedBeforeMed(best, candidate)) break;
    bool beaten = i > 0 && !qualifies(best, candidate, pool);
    for (size_t j = 1; j < i && !beaten; ++j) beaten = med(options, arranged[j], candidate) < 0;
    if (beaten || std::find(hops.begin(), hops.end(), candidate.attributes->nextHop) != hops.end()) continue;
    hops.push_back(candidate.attributes->nextHop);
    paths.push_back(candidate.path);
  }
  return paths.size();
}

}  // namespace xylem::bgp
