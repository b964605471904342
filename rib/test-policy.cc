// The route is made from the words of the command, and told again in the same words when the policy has run.

#include <kj/debug.h>
#include <net/wire.h>
#include <rib/test-policy.h>

namespace xylem::rib {
namespace {

kj::Maybe<kj::String> describe(Show::TestParams::Reader from, policy::Attributes& to) {
  // What is wrong with the description, if anything.
  KJ_IF_MAYBE (path, policy::AsPath::parse(from.getAsPath()))
    to.path = kj::mv(*path);
  else
    return kj::str('"', from.getAsPath(), "\" is no AS path; expected one such as \"65001 65002 {65003 65004}\"");
  policy::Communities communities;
  for (kj::StringPtr rest = from.getCommunity(); rest.size() > 0;) {
    auto end = rest.findFirst(' ').orDefault(rest.size());
    auto word = kj::str(rest.slice(0, end));
    if (word.size() > 0 && !communities.add(word))
      return kj::str('"', word,
                     "\" is no community; expected one such as 65001:100, no-export, rt:65001:100 or 65001:1:2");
    rest = rest.slice(kj::min(end + 1, rest.size()));
  }
  to.communities = kj::mv(communities.standard);
  to.extendedCommunities = kj::mv(communities.extended);
  to.largeCommunities = kj::mv(communities.large);
  if (from.getMetric() > 0) to.med = from.getMetric();
  if (from.getLocalPreference() != policy::USUAL_PREFERENCE) to.localPreference = from.getLocalPreference();
  to.origin = policy::Origin(kj::min(uint16_t(from.getOrigin()), uint16_t(policy::Origin::INCOMPLETE)));
  to.nextHop = net::read(from.getNextHop()).orDefault(net::Ip());
  return nullptr;
}

void write(const policy::Subject& from, Show::Tested::Builder to) {
  auto& attributes = *from.attributes;
  to.setMetric(attributes.med.orDefault(0));
  to.setLocalPreference(attributes.localPreference.orDefault(policy::USUAL_PREFERENCE));
  to.setTag(from.tag);
  to.setOrigin(policy::schema::Origin(attributes.origin));
  net::write(attributes.nextHop, to.initNextHop());
  to.setAsPath(kj::str(attributes.path));
  kj::Vector<kj::String> all;
  auto add = [&](auto& communities) {
    for (auto community : communities) all.add(kj::str(community));
  };
  add(attributes.communities);
  add(attributes.extendedCommunities);
  add(attributes.largeCommunities);
  auto list = to.initCommunity(all.size());
  for (auto i : kj::indices(all)) list.set(i, all[i]);
}

}  // namespace

void testPolicy(const policy::Compiled& policies, Show::TestParams::Reader asked, Show::TestResults::Builder results) {
  auto found = policies.find(asked.getPolicy());
  policy::Attributes attributes;
  auto wrong = describe(asked, attributes);
  auto net = net::read(asked.getNet()).orDefault(net::IpNet());
  if (net.isNone()) wrong = kj::str("expected a prefix behind the policy, such as 10.0.0.0/8");
  if (found == nullptr) wrong = kj::str("there is no policy \"", asked.getPolicy(), '"');
  KJ_IF_MAYBE (text, wrong) {
    results.setVerdict(*text);
    return;
  }
  auto neighbor = net::read(asked.getNeighbor()).orDefault(net::Ip());
  policy::Subject subject{
      net, asked.getProtocol(), neighbor, {}, 0, policy::Validity(asked.getRpki()), asked.getTag(), attributes};
  policy::Trace trace;
  auto verdict = KJ_ASSERT_NONNULL(found).run(subject, trace);
  auto steps = results.initStep(trace.size());
  for (auto i : kj::indices(trace)) {
    steps[i].setPolicy(trace[i].policy);
    steps[i].setTerm(trace[i].term == 0 ? kj::str("end") : kj::str(trace[i].term));
    steps[i].setApplies(trace[i].applies);
    steps[i].setWhat(trace[i].text);
  }
  results.setVerdict(verdict == policy::Verdict::ACCEPT   ? "accept"
                     : verdict == policy::Verdict::REJECT ? "reject"
                                                          : "neither accepted nor rejected");
  write(subject, results.initRoute());
}

}  // namespace xylem::rib
