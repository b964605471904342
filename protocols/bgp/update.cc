// The first step of decoding: where everything lies, and all that can end a session.
//
// RFC 7606 leaves five such faults: lengths of the three fields that do not fit into the message, prefixes that cannot
// be told apart, MP attributes that occur twice or whose next hop has an impossible length, a well-known attribute that
// nobody knows, and one that would cost routes in a message that has attributes and announces nothing. When prefixes of
// an MP attribute are at fault and there are other families, only that family is lost. An attribute that runs beyond
// the block leaves the rest of the message readable: its routes are withdrawn (section 4). Everything else is found by
// the second step (update-attributes.cc).

#include <protocols/bgp/attribute.h>

#include <algorithm>

namespace xylem::bgp {

namespace {

using net::ByteReader;

constexpr kj::byte NO_NEXT_HOP[] = {0};

bool isNextHopSize(Family family, size_t size, const Context& context) {
  if (isIp4(family) && size == 4) return true;
  return (size == 16 || size == 32) && (!isIp4(family) || context.extendedNextHop.has(family));
}

class Splitter {
 public:
  explicit Splitter(const Context& context) : context(context) {}

  kj::OneOf<Update, Notification> run(Bytes body) {
    ByteReader in(body);
    auto withdrawn = in.bytes(in.u16());
    update.attributes = in.bytes(in.u16());
    if (!in.ok()) return Notification{Code::UPDATE, update::MALFORMED_ATTRIBUTE_LIST};
    update.announced[0].nextHop = NO_NEXT_HOP;
    auto nlri = in.rest();
    if (!unicast(withdrawn, update.withdrawn[0]) || !unicast(nlri, update.announced[0].nlri))
      return Notification{Code::UPDATE, update::INVALID_NETWORK};
    walk();
    if (fatal == nullptr) requireRoutes(nlri);
    KJ_IF_MAYBE (bad, fatal) return kj::mv(*bad);
    if (body.size() == 4 && context.families.has(Family::IPV4_UNICAST)) update.endOfRib = Family::IPV4_UNICAST;
    return kj::mv(update);
  }

 private:
  bool unicast(Bytes bytes, Nlri& into) {
    constexpr auto FAMILY = Family::IPV4_UNICAST;
    Nlri nlri{FAMILY, context.addPath.has(FAMILY), bytes};
    if (!nlri.isValid()) return false;
    if (bytes.size() > 0 && !context.families.has(FAMILY))
      find({0, Disposition::DISCARD, "a family that was not agreed on"_kj, bytes});
    else
      into = nlri;
    return true;
  }

  void walk() {
    ByteReader in(update.attributes);
    Raw raw;
    auto from = update.attributes.begin();
    uint run = 0;
    bool unreach = false;
    while (fatal == nullptr && next(in, raw)) {
      if (raw.type == attribute::MP_REACH_NLRI || raw.type == attribute::MP_UNREACH_NLRI) {
        bool& seen = raw.type == attribute::MP_REACH_NLRI ? reach : unreach;
        if (seen) return fail(update::MALFORMED_ATTRIBUTE_LIST, {});
        seen = true;
        update.runs[run++] = kj::arrayPtr(from, raw.whole.begin());
        from = raw.whole.end();
        multiprotocol(raw);
      } else if (!(raw.flags & attribute::OPTIONAL) && rowOf(raw.type) == nullptr) {
        return fail(update::UNRECOGNIZED_WELL_KNOWN, raw.whole);
      }
    }
    update.runs[run] = kj::arrayPtr(from, update.attributes.end());
    if (!in.ok()) find({raw.type, Disposition::WITHDRAW, "an attribute that runs beyond the block"_kj, raw.whole});
    bool onlyUnreach = run == 1 && unreach && update.runs[0].size() == 0 && update.runs[1].size() == 0;
    bool classic = !update.withdrawn[0].empty() || !update.announced[0].nlri.empty();
    if (onlyUnreach && !classic && unreachable && update.withdrawn[1].empty())
      update.endOfRib = update.withdrawn[1].family;
  }

  void requireRoutes(Bytes nlri) {
    // Attributes without prefixes that they would be of: nobody knows what else was lost (RFC 7606 section 5.2).
    if (nlri.size() > 0 || (reach && !isReachEmpty)) return;
    if (!reach && std::all_of(update.runs.begin(), update.runs.end(), [](Bytes run) { return run.size() == 0; }))
      return;
    if (update.disposition == Disposition::WITHDRAW || costsRoutes(update, context))
      fail(update::MALFORMED_ATTRIBUTE_LIST, {});
  }

  void multiprotocol(const Raw& raw) {
    ByteReader in(raw.value);
    auto afi = in.u16();
    auto family = familyOf(afi, in.u8());
    if (!in.ok()) return fail(update::OPTIONAL_ATTRIBUTE, raw.whole);
    if ((raw.flags & (attribute::OPTIONAL | attribute::TRANSITIVE)) != attribute::OPTIONAL)
      find({raw.type, Disposition::WITHDRAW, "flags that it cannot have"_kj, raw.whole});
    KJ_IF_MAYBE (known, family) {
      if (context.families.has(*known))
        return raw.type == attribute::MP_REACH_NLRI ? reached(raw, in, *known) : unreached(raw, in, *known);
    }
    find({raw.type, Disposition::DISCARD, "a family that was not agreed on"_kj, raw.whole});
  }

  void reached(const Raw& raw, ByteReader& in, Family family) {
    auto from = in.position();
    auto size = in.u8();
    in.skip(size);
    in.skip(1);
    if (!in.ok() || !isNextHopSize(family, size, context))
      return disable(raw, family, "a next hop of impossible length"_kj);
    Nlri nlri{family, context.addPath.has(family), in.rest()};
    if (!nlri.isValid()) return disable(raw, family, "prefixes that cannot be read"_kj);
    isReachEmpty = nlri.empty();
    update.announced[1] = {nlri, raw.value.slice(from, from + 1 + size)};
  }

  void unreached(const Raw& raw, ByteReader& in, Family family) {
    Nlri nlri{family, context.addPath.has(family), in.rest()};
    if (!nlri.isValid()) return disable(raw, family, "prefixes that cannot be read"_kj);
    update.withdrawn[1] = nlri;
    unreachable = true;
  }

  void disable(const Raw& raw, Family family, kj::StringPtr reason) {
    if (context.families.size() == 1) return fail(update::OPTIONAL_ATTRIBUTE, raw.whole);
    find({raw.type, Disposition::DISABLE, reason, raw.whole, family});
  }

  void fail(uint8_t subcode, Bytes data) { fatal = Notification{Code::UPDATE, subcode, {data.begin(), data.end()}}; }

  void find(Finding finding) {
    update.disposition = kj::max(update.disposition, finding.action);
    update.findings.add(finding);
  }

  const Context& context;
  Update update;
  kj::Maybe<Notification> fatal;
  bool reach = false, isReachEmpty = false;
  // There is an MP_REACH_NLRI; it can be read, and has no prefixes.
  bool unreachable = false;
  // There is an MP_UNREACH_NLRI that can be read.
};

}  // namespace

Context Context::of(const Negotiated& negotiated) {
  Context context;
  context.as4 = negotiated.as4;
  context.internal = negotiated.internal;
  context.families = negotiated.families;
  context.addPath = negotiated.addPathReceive;
  context.extendedNextHop = negotiated.extendedNextHop;
  return context;
}

kj::OneOf<Update, Notification> split(Bytes body, const Context& context) { return Splitter(context).run(body); }

}  // namespace xylem::bgp
