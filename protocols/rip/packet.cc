// Packets to entries and back.
//
// A packet is judged in three steps, each of which may end it: the header, the authentication (auth.cc), the form of
// the entries. A single entry that makes no sense is left out and counted, as RFC 2453 section 3.9.2 has it; the others
// stand.
//
// RIPv2 has a subnet mask where RIPng has a prefix length. A mask of zero says that none is given (RFC 2453
// section 4.3), as for routes that come from RIP-1; there is no honest way to guess it today, so it is taken only with
// 0.0.0.0, the default route. RIPng gives a next hop, when it is not the sender, in an entry of its own (metric 255)
// that is valid for all entries after it; one that is not link-local stands for the sender (RFC 2080 section 2.1.1).

#include <protocols/rip/packet.h>

namespace xylem::rip {

namespace {

constexpr size_t HEADER = 4, ENTRY = 20;
constexpr uint16_t FAMILY_ANY = 0, FAMILY_INET = 2;
constexpr uint8_t NEXT_HOP = 0xff;
constexpr uint MIN_MTU6 = 1280, HEADERS6 = 40 + 8;

template <typename F> struct Raw {
  // An entry as it stands in the packet.
  uint16_t family = FAMILY_INET;
  uint16_t tag;
  typename F::Address address;
  kj::Maybe<uint> length;
  typename F::Address nextHop;
  uint32_t metric;

  bool isWholeTable() const {
    if constexpr (IS_RIP<F>)
      return family == FAMILY_ANY && metric == UNREACHABLE;
    else
      return address.isUnspecified() && length.orDefault(1) == 0 && metric == UNREACHABLE;
  }
};

Raw<Rip> readEntry(net::ByteReader& in, Rip) {
  Raw<Rip> raw;
  raw.family = in.u16();
  raw.tag = in.u16();
  raw.address = in.ip4();
  raw.length = in.ip4().maskLength();
  raw.nextHop = in.ip4();
  raw.metric = in.u32();
  return raw;
}

Raw<Ripng> readEntry(net::ByteReader& in, Ripng) {
  Raw<Ripng> raw;
  raw.address = in.ip6();
  raw.tag = in.u16();
  raw.length = in.u8();
  raw.metric = in.u8();
  return raw;
}

template <typename F> kj::Maybe<Entry<F>> entryOf(const Raw<F>& raw, Command command) {
  if (raw.family != FAMILY_INET) return nullptr;
  if (command == Command::RESPONSE && (raw.metric < 1 || raw.metric > UNREACHABLE)) return nullptr;
  KJ_IF_MAYBE (length, raw.length) {
    KJ_IF_MAYBE (net, F::Net::exactly(raw.address, *length)) {
      if (net->isMartian()) return nullptr;
      return Entry<F>{*net, raw.nextHop, raw.tag, uint8_t(kj::min(raw.metric, uint32_t(UNREACHABLE)))};
    }
  }
  return nullptr;
}

}  // namespace

template <typename F>
kj::OneOf<Opened, Bad> open(Bytes packet, const Authentication& authentication, kj::Maybe<uint32_t>& sequence) {
  net::ByteReader in(packet);
  uint8_t command = in.u8();
  uint8_t version = in.u8();
  in.skip(2);
  if (!in.ok()) return Bad{"truncated header"};
  if (command != uint8_t(Command::REQUEST) && command != uint8_t(Command::RESPONSE)) return Bad{"unknown command"};
  if (version < F::VERSION || (!IS_RIP<F> && version > F::VERSION)) return Bad{"version that is not spoken here"};
  if constexpr (IS_RIP<F>) {
    auto entries = authentication.check(packet, sequence);
    if (entries.template is<Bad>()) return entries.template get<Bad>();
    return Opened{Command(command), entries.template get<Bytes>()};
  } else {
    return Opened{Command(command), in.rest()};
  }
}

template <typename F> kj::OneOf<Packet<F>, Bad> decode(const Opened& opened) {
  Packet<F> packet;
  net::ByteReader in(opened.entries);
  size_t count = in.remaining() / ENTRY;
  if (in.remaining() % ENTRY != 0) return Bad{"length that is not of whole entries"};
  typename F::Address nextHop;
  while (in.has(ENTRY)) {
    auto raw = readEntry(in, F());
    if (opened.command == Command::REQUEST && count == 1 && raw.isWholeTable()) {
      packet.wholeTable = true;
    } else if (!IS_RIP<F> && raw.metric == NEXT_HOP) {
      nextHop = raw.address.isLinkLocal() ? raw.address : typename F::Address();
    } else {
      if (!IS_RIP<F>) raw.nextHop = nextHop;
      KJ_IF_MAYBE (entry, entryOf(raw, opened.command))
        packet.entries.add(*entry);
      else
        ++packet.badEntries;
    }
  }
  return kj::mv(packet);
}

template <typename F>
Composer<F>::Composer(Command command, const Authentication& authentication, uint mtu)
    : authentication(&authentication), out(HEADER + 25 * ENTRY) {
  out.u8(uint8_t(command));
  out.u8(F::VERSION);
  out.u16(0);
  if constexpr (IS_RIP<F>) {
    authentication.begin(out);
    room = 25 - uint((out.size() - HEADER) / ENTRY);
  } else {
    room = uint((kj::min(kj::max(mtu, MIN_MTU6), 65535u) - HEADERS6 - HEADER) / ENTRY);
  }
}

template <typename F> uint Composer<F>::needed(const Entry<F>& entry) const {
  return !IS_RIP<F> && entry.nextHop != nextHop ? 2 : 1;
}

template <typename F> bool Composer<F>::fits(const Entry<F>& entry) const { return entries + needed(entry) <= room; }

template <typename F>
void Composer<F>::put(typename F::Address address, uint length, typename F::Address nextHop, uint16_t tag,
                      uint8_t metric) {
  if constexpr (IS_RIP<F>) {
    out.u16(FAMILY_INET);
    out.u16(tag);
    out.ip(address);
    out.ip(F::Address::mask(length));
    out.ip(nextHop);
    out.u32(metric);
  } else {
    out.ip(address);
    out.u16(tag);
    out.u8(uint8_t(length));
    out.u8(metric);
  }
  ++entries;
}

template <typename F> void Composer<F>::add(const Entry<F>& entry) {
  KJ_REQUIRE(fits(entry), "the packet is full");
  if (needed(entry) == 2) {
    put(entry.nextHop, 0, {}, 0, NEXT_HOP);
    nextHop = entry.nextHop;
  }
  put(entry.net.address(), entry.net.length(), entry.nextHop, entry.tag, entry.metric);
}

template <typename F> void Composer<F>::addWholeTable() {
  size_t at = out.size();
  put({}, 0, {}, 0, UNREACHABLE);
  if constexpr (IS_RIP<F>) out.patch16(at, FAMILY_ANY);
}

template <typename F> kj::Array<kj::byte> Composer<F>::finish(uint32_t sequence) {
  if constexpr (IS_RIP<F>) authentication->seal(out, sequence);
  return out.finish();
}

template kj::OneOf<Opened, Bad> open<Rip>(Bytes, const Authentication&, kj::Maybe<uint32_t>&);
template kj::OneOf<Opened, Bad> open<Ripng>(Bytes, const Authentication&, kj::Maybe<uint32_t>&);
template kj::OneOf<Packet<Rip>, Bad> decode<Rip>(const Opened&);
template kj::OneOf<Packet<Ripng>, Bad> decode<Ripng>(const Opened&);
template class Composer<Rip>;
template class Composer<Ripng>;

}  // namespace xylem::rip
