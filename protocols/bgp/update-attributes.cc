// The second step of decoding: the attributes themselves.
//
// What is wrong with one is answered by its row of the table (attribute.cc): the attribute is left out, or the routes
// are. Of two of one type the first counts (RFC 7606 section 3g). Types that are not known are kept if they are
// transitive; they leave with the partial bit (RFC 4271 section 9), so they get it here.
//
// From a speaker with two-octet AS numbers comes AS_PATH with 23456 in places, and AS4_PATH with the true numbers of
// its far end: the two are laid over each other from behind (RFC 6793 section 4.2.3).

#include <protocols/bgp/attribute.h>

#include <algorithm>

namespace xylem::bgp {

namespace {

using net::ByteReader;
using policy::AsPath;
using policy::Attributes;

using Reason = kj::Maybe<kj::StringPtr>;
// What is wrong, if anything is.

Reason readPath(Bytes value, bool as4, bool confederation, AsPath& into) {
  ByteReader in(value);
  const size_t width = as4 ? 4 : 2;
  uint32_t members[255];
  while (!in.done()) {
    auto type = in.u8();
    size_t count = in.u8();
    if (type < AsPath::SET || type > AsPath::CONFED_SET) return "a segment of unknown type"_kj;
    if (type >= AsPath::CONFED_SEQUENCE && !confederation) return "a confederation segment from outside"_kj;
    if (count == 0) return "a segment without members"_kj;
    if (!in.has(count * width)) return "a segment that runs beyond the path"_kj;
    for (size_t i = 0; i < count; ++i) {
      members[i] = as4 ? in.u32() : in.u16();
      if (members[i] == 0) return "an AS number of zero"_kj;
    }
    into.append(AsPath::Type(type), kj::arrayPtr(members, count));
  }
  return nullptr;
}

AsPath merged(const AsPath& path, const AsPath& path4) {
  auto length = path.length(), length4 = path4.length();
  if (length < length4) return path;
  AsPath result;
  uint leading = length - length4;
  for (auto segment : path) {
    // Confederation segments count nothing and stand first.
    if (segment.type >= AsPath::CONFED_SEQUENCE) {
      result.append(segment.type, segment.members);
    } else if (leading > 0) {
      size_t taken = segment.type == AsPath::SET ? segment.members.size() : kj::min(leading, segment.members.size());
      leading -= segment.type == AsPath::SET ? 1 : uint(taken);
      result.append(segment.type, segment.members.slice(0, taken));
    }
  }
  for (auto segment : path4) result.append(segment.type, segment.members);
  return result;
}

bool isNextHop(net::Ip6 address) {
  return !address.isUnspecified() && !address.isLoopback() && !address.isMulticast() && !address.isV4Mapped();
}

class Decoder {
 public:
  Decoder(const Update& update, const Announced& announced, const Context& context)
      : update(update), announced(announced), context(context), as4(context.as4) {}

  bool costsRoutes() {
    readAll();
    return result.disposition == Disposition::WITHDRAW;
  }

  Decoded run() {
    for (auto& finding : update.findings)
      if (finding.action == Disposition::WITHDRAW) result.disposition = Disposition::WITHDRAW;
    readAll();
    mergeAs4();
    nextHop();
    require(attribute::ORIGIN);
    require(attribute::AS_PATH);
    if (context.internal) require(attribute::LOCAL_PREF);
    checkFirstAs();
    if (into.others.size() > 1)
      std::sort(into.others.begin(), into.others.end(), [](auto& a, auto& b) { return a.type < b.type; });
    return kj::mv(result);
  }

 private:
  void readAll() {
    for (auto run : update.runs) {
      ByteReader in(run);
      while (next(in, raw)) one();
    }
  }

  bool isSeen(uint8_t type) const { return seen[type / 64] >> type % 64 & 1; }

  void find(Disposition action, kj::StringPtr reason) {
    result.disposition = kj::max(result.disposition, action);
    result.findings.add(Finding{raw.type, action, reason, raw.whole});
  }

  void one() {
    if (isSeen(raw.type)) return find(Disposition::DISCARD, "a second one of its type"_kj);
    seen[raw.type / 64] |= uint64_t(1) << raw.type % 64;
    KJ_IF_MAYBE (row, rowOf(raw.type)) {
      known(*row);
    } else if (raw.flags & attribute::TRANSITIVE) {
      keep(attribute::PARTIAL);
    }
  }

  void known(const Row& row) {
    bool here = context.internal || (context.confederation && row.type == attribute::LOCAL_PREF);
    if (row.internalOnly && !here) return find(Disposition::DISCARD, "an attribute that is internal to an AS"_kj);
    if ((raw.flags & (attribute::OPTIONAL | attribute::TRANSITIVE)) != row.flags)
      return find(Disposition::WITHDRAW, "flags that it cannot have"_kj);
    auto size = raw.value.size();
    bool fits = !row.repeats ? size == row.unit : row.unit == 0 || (size > 0 && size % row.unit == 0);
    if (!fits) return find(row.onError, "a length that it cannot have"_kj);
    KJ_IF_MAYBE (reason, value()) find(row.onError, *reason);
  }

  Reason value() {
    ByteReader in(raw.value);
    switch (raw.type) {
      case attribute::ORIGIN:
        if (raw.value[0] > uint8_t(policy::Origin::INCOMPLETE)) return "an origin that does not exist"_kj;
        into.origin = policy::Origin(raw.value[0]);
        break;
      case attribute::AS_PATH:
        rawPath = raw;
        return readPath(raw.value, as4, context.internal || context.confederation, into.path);
      case attribute::NEXT_HOP:
        rawNextHop = raw;
        nextHop4 = in.ip4();
        break;
      case attribute::MULTI_EXIT_DISC:
        into.med = in.u32();
        break;
      case attribute::LOCAL_PREF:
        into.localPreference = in.u32();
        break;
      case attribute::ATOMIC_AGGREGATE:
        into.atomicAggregate = true;
        break;
      case attribute::AGGREGATOR:
      case attribute::AS4_AGGREGATOR:
        return aggregator(in);
      case attribute::COMMUNITIES:
        into.communities = set<policy::Community>(in, [](auto& in) { return policy::Community(in.u32()); });
        break;
      case attribute::ORIGINATOR_ID:
        into.originatorId = in.ip4();
        break;
      case attribute::CLUSTER_LIST:
        while (in.has(4)) into.clusters.push_back(in.ip4());
        break;
      case attribute::ONLY_TO_CUSTOMER:
        into.onlyToCustomer = in.u32();
        break;
      default:
        return rarer(in);
    }
    return nullptr;
  }

  Reason rarer(ByteReader& in) {
    switch (raw.type) {
      case attribute::EXTENDED_COMMUNITIES:
        into.extendedCommunities =
            set<policy::ExtendedCommunity>(in, [](auto& in) { return policy::ExtendedCommunity{in.u64()}; });
        break;
      case attribute::LARGE_COMMUNITIES:
        into.largeCommunities = set<policy::LargeCommunity>(in, [](auto& in) {
          auto administrator = in.u32(), first = in.u32();
          return policy::LargeCommunity{administrator, first, in.u32()};
        });
        break;
      case attribute::AS4_PATH:
        if (as4) return "an attribute for two-octet AS numbers"_kj;
        return readAs4Path();
      default:
        keep(raw.flags & attribute::PARTIAL);
    }
    return nullptr;
  }

  template <typename T, typename Read> policy::Set<T> set(ByteReader& in, Read&& read) {
    std::vector<T> members;
    members.reserve(in.remaining() / sizeof(T));
    while (!in.done()) members.push_back(read(in));
    return policy::Set<T>(kj::mv(members));
  }

  void keep(uint8_t partial) {
    into.others.push_back({uint8_t(attribute::OPTIONAL | attribute::TRANSITIVE | partial),
                           raw.type,
                           {raw.value.begin(), raw.value.end()}});
  }

  Reason aggregator(ByteReader& in) {
    bool wide = as4 || raw.type == attribute::AS4_AGGREGATOR;
    if (raw.value.size() != (wide ? 8 : 6)) return "a length that it cannot have"_kj;
    policy::Aggregator value{wide ? in.u32() : in.u16()};
    value.address = in.ip4();
    if (value.as == 0) return "an AS number of zero"_kj;
    if (raw.type == attribute::AGGREGATOR)
      into.aggregator = value;
    else if (as4)
      return "an attribute for two-octet AS numbers"_kj;
    else
      aggregator4 = value;
    return nullptr;
  }

  Reason readAs4Path() {
    AsPath path;
    KJ_IF_MAYBE (reason, readPath(raw.value, true, true, path)) return *reason;
    path.removeConfederation();
    path4 = kj::mv(path);
    return nullptr;
  }

  void mergeAs4() {
    if (as4) return;
    KJ_IF_MAYBE (old, into.aggregator) {
      KJ_IF_MAYBE (wide, aggregator4) {
        if (old->as != AS_TRANS) return;  // Whoever aggregated did not see the AS4 attributes: they are of before.
        into.aggregator = *wide;
      }
    }
    KJ_IF_MAYBE (wide, path4) into.path = merged(into.path, *wide);
  }

  void nextHop() {
    raw = rawNextHop;
    net::Ip4 address;
    ByteReader in(announced.nextHop);
    auto size = in.u8();
    if (size >= 16) return nextHop6(in);
    if (size == 4) {
      address = in.ip4();
    } else {
      if (!isSeen(attribute::NEXT_HOP)) return find(Disposition::WITHDRAW, "missing"_kj);
      KJ_IF_MAYBE (given, nextHop4)
        address = *given;
      else
        return;
    }
    if (address.isMartian()) return find(Disposition::WITHDRAW, "an address that no router has"_kj);
    into.nextHop = address;
  }

  void nextHop6(ByteReader& in) {
    auto global = in.ip6();
    auto local = in.done() ? net::Ip6() : in.ip6();
    if (global.isUnspecified() && local.isLinkLocal()) std::swap(global, local);
    if (!isNextHop(global)) {
      raw = Raw{0, attribute::MP_REACH_NLRI, nullptr, announced.nextHop};
      return find(Disposition::WITHDRAW, "an address that no router has"_kj);
    }
    into.nextHop = global;
    if (local.isLinkLocal()) into.linkLocal = local;
  }

  void require(uint8_t type) {
    raw = Raw{0, type};
    if (!isSeen(type)) find(Disposition::WITHDRAW, "missing"_kj);
  }

  void checkFirstAs() {
    KJ_IF_MAYBE (first, context.firstAs) {
      raw = rawPath;
      if (into.path.neighbor() != *first) find(Disposition::WITHDRAW, "a path that does not begin with the peer"_kj);
    }
  }

  const Update& update;
  const Announced& announced;
  const Context& context;
  const bool as4;
  Decoded result;
  Attributes& into = result.attributes;
  Raw raw;
  // The one at hand.
  Raw rawNextHop{0, attribute::NEXT_HOP}, rawPath{0, attribute::AS_PATH};
  uint64_t seen[4] = {};
  kj::Maybe<net::Ip4> nextHop4;
  kj::Maybe<AsPath> path4;
  kj::Maybe<policy::Aggregator> aggregator4;
};

}  // namespace

bool costsRoutes(const Update& update, const Context& context) {
  return Decoder(update, update.announced[0], context).costsRoutes();
}

Decoded decodeAttributes(const Update& update, const Announced& announced, const Context& context) {
  return Decoder(update, announced, context).run();
}

}  // namespace xylem::bgp
