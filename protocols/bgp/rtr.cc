// A cache's validated payloads, PDU by PDU.
//
// Debian has a library for this, librtr. It brings its own threads and its own transport, where this suite has one loop
// and pure cores, so the protocol is spoken here: it is a dozen PDUs.
//
// The serial number is forgotten with the first PDU of an answer and known again at its end: an answer that breaks off
// leaves a set that no serial number describes, and the next question is for the whole (RFC 8210 section 8.1). A cache
// that speaks version 0 only shows by its first PDU, or by refusing version 1 (section 7).

#include <protocols/bgp/rtr.h>

namespace xylem::bgp {

namespace {

using net::ByteReader;
using net::Bytes;
using net::ByteWriter;

enum Kind : uint8_t {
  SERIAL_NOTIFY = 0,
  SERIAL_QUERY = 1,
  RESET_QUERY = 2,
  CACHE_RESPONSE = 3,
  IPV4_PREFIX = 4,
  IPV6_PREFIX = 6,
  END_OF_DATA = 7,
  CACHE_RESET = 8,
  ROUTER_KEY = 9,
  ERROR_REPORT = 10
};

constexpr size_t HEADER = 8;
constexpr uint8_t ANNOUNCED = 1;
constexpr auto ANSWER_TIME = 60 * kj::SECONDS, FIRST_RETRY = 1 * kj::SECONDS;
constexpr size_t SWEEP = 2048;
// Roas a tick.

kj::Duration bounded(uint32_t seconds, uint32_t min, uint32_t max) {
  return kj::min(kj::max(seconds, min), max) * kj::SECONDS;
}

bool fits(uint8_t version, uint8_t kind, size_t length) {
  switch (kind) {
    case SERIAL_NOTIFY:
      return length == 12;
    case CACHE_RESPONSE:
    case CACHE_RESET:
      return length == 8;
    case IPV4_PREFIX:
      return length == 20;
    case IPV6_PREFIX:
      return length == 32;
    case END_OF_DATA:
      return length == (version == 0 ? 12 : 24);
    case ROUTER_KEY:
      return length >= 32;
    case ERROR_REPORT:
      return length >= 16;
  }
  return true;
}

}  // namespace

enum class RtrClient::Fault : uint16_t {
  // RFC 8210 section 12.
  CORRUPT_DATA = 0,
  INTERNAL_ERROR = 1,
  NO_DATA = 2,
  UNSUPPORTED_VERSION = 4,
  UNSUPPORTED_PDU = 5,
  UNKNOWN_WITHDRAWN = 6,
  DUPLICATE_ANNOUNCED = 7,
  UNEXPECTED_VERSION = 8
};

struct RtrClient::Pdu {
  uint8_t version, kind;
  uint16_t field;
  // Session, or error code.
  Bytes body, whole;
};

void RtrClient::start(Time now) {
  if (running) return;
  running = true;
  phase = State::CONNECT;
  wakeAt = now + ANSWER_TIME;
  actions.connect();
}

void RtrClient::stop() {
  if (phase != State::IDLE) actions.close();
  running = false;
  phase = State::IDLE;
  wakeAt = nullptr;
  partial.clear();
  forgetAll();
}

void RtrClient::connected(Time now) {
  if (phase != State::CONNECT) return;
  partial.clear();
  isAgreed = false;
  query(now);
}

void RtrClient::lost(Time now) {
  if (phase == State::IDLE) return;
  bool wasAsked = phase == State::QUERY || phase == State::DATA;
  error = "connection lost"_kj;
  phase = State::IDLE;
  partial.clear();
  if (wasAsked && isTimed) {
    wakeAt = now + times.retry;
  } else {
    wakeAt = now + backOff;
    backOff = kj::min(backOff * 2, times.retry);
  }
}

void RtrClient::disconnect(kj::StringPtr reason, Time now) {
  actions.close();
  lost(now);
  error = reason;
}

void RtrClient::query(Time now) {
  ByteWriter out(12);
  out.u8(speaks);
  KJ_IF_MAYBE (serial, lastSerial) {
    out.u8(SERIAL_QUERY);
    out.u16(session.orDefault(0));
    out.u32(12);
    out.u32(*serial);
  } else {
    out.u8(RESET_QUERY);
    out.u16(0);
    out.u32(HEADER);
  }
  isWhole = lastSerial == nullptr;
  phase = State::QUERY;
  wakeAt = now + ANSWER_TIME;
  actions.send(out.bytes());
}

void RtrClient::fail(Fault fault, kj::StringPtr reason, Bytes pdu, Time now) {
  // What makes no sense once will not the next time: ask for everything then.
  lastSerial = nullptr;
  auto copied = pdu.slice(0, kj::min(pdu.size(), size_t(256)));
  ByteWriter out(16 + copied.size() + reason.size());
  out.u8(speaks);
  out.u8(ERROR_REPORT);
  out.u16(uint16_t(fault));
  out.u32(uint32_t(16 + copied.size() + reason.size()));
  out.u32(uint32_t(copied.size()));
  out.bytes(copied);
  out.u32(uint32_t(reason.size()));
  out.bytes(reason.asBytes());
  actions.send(out.bytes());
  disconnect(reason, now);
}

void RtrClient::receive(Bytes bytes, Time now) {
  while (bytes.size() > 0 && phase >= State::QUERY) {
    size_t wanted = HEADER;
    if (partial.size() >= HEADER) wanted = ByteReader(partial.asPtr().slice(4, HEADER)).u32();
    size_t more = kj::min(wanted - partial.size(), bytes.size());
    partial.addAll(bytes.slice(0, more));
    bytes = bytes.slice(more, bytes.size());
    if (partial.size() < HEADER) return;
    wanted = ByteReader(partial.asPtr().slice(4, HEADER)).u32();
    if (wanted < HEADER || wanted > MAX_PDU)
      return fail(Fault::CORRUPT_DATA, "a PDU of impossible length"_kj, partial, now);
    if (partial.size() < wanted) continue;
    auto whole = kj::mv(partial);
    partial = kj::Vector<kj::byte>();
    if (!pdu(whole, now)) return;
  }
}

bool RtrClient::pdu(Bytes whole, Time now) {
  ByteReader in(whole);
  Pdu pdu;
  pdu.version = in.u8();
  pdu.kind = in.u8();
  pdu.field = in.u16();
  in.skip(4);
  pdu.body = in.rest();
  pdu.whole = whole;
  if (!agreeOn(pdu, now)) return false;
  if (!fits(pdu.version, pdu.kind, whole.size())) {
    fail(Fault::CORRUPT_DATA, "a PDU of impossible length"_kj, whole, now);
    return false;
  }
  handle(pdu, now);
  return phase >= State::QUERY;
}

bool RtrClient::agreeOn(const Pdu& pdu, Time now) {
  if (pdu.version == speaks) {
    // Before the first answer, a notification says nothing about the version.
    isAgreed = isAgreed || pdu.kind != SERIAL_NOTIFY;
    return true;
  }
  if (pdu.kind == ERROR_REPORT) {
    errorReport(pdu, now);
    return false;
  }
  if (!isAgreed && pdu.version < speaks) {
    speaks = pdu.version;
    isAgreed = pdu.kind != SERIAL_NOTIFY;
    return true;
  }
  fail(isAgreed ? Fault::UNEXPECTED_VERSION : Fault::UNSUPPORTED_VERSION, "a version that was not agreed on"_kj,
       pdu.whole, now);
  return false;
}

void RtrClient::handle(const Pdu& pdu, Time now) {
  switch (pdu.kind) {
    case SERIAL_NOTIFY:
      if (phase == State::READY && pdu.field == session.orDefault(0)) query(now);
      return;
    case CACHE_RESPONSE:
      return response(pdu, now);
    case IPV4_PREFIX:
    case IPV6_PREFIX:
      return prefix(pdu, now);
    case ROUTER_KEY:
      if (phase != State::DATA) return fail(Fault::CORRUPT_DATA, "data that were not asked for"_kj, pdu.whole, now);
      return;
    case END_OF_DATA:
      return endOfData(pdu, now);
    case CACHE_RESET:
      if (phase != State::QUERY) return fail(Fault::CORRUPT_DATA, "a reset out of turn"_kj, pdu.whole, now);
      lastSerial = nullptr;
      return query(now);
    case ERROR_REPORT:
      return errorReport(pdu, now);
  }
  fail(Fault::UNSUPPORTED_PDU, "a PDU of unknown type"_kj, pdu.whole, now);
}

void RtrClient::response(const Pdu& pdu, Time now) {
  if (phase != State::QUERY) return fail(Fault::CORRUPT_DATA, "a response out of turn"_kj, pdu.whole, now);
  if (!isWhole && pdu.field != session.orDefault(0))
    return fail(Fault::CORRUPT_DATA, "a response of another session"_kj, pdu.whole, now);
  session = pdu.field;
  lastSerial = nullptr;
  sweep(roas.size());
  if (isWhole) ++generation;
  phase = State::DATA;
  wakeAt = now + ANSWER_TIME;
}

void RtrClient::prefix(const Pdu& pdu, Time now) {
  if (phase != State::DATA) return fail(Fault::CORRUPT_DATA, "data that were not asked for"_kj, pdu.whole, now);
  ByteReader in(pdu.body);
  bool isAnnounced = in.u8() & ANNOUNCED;
  uint length = in.u8();
  Roa roa;
  roa.maxLength = in.u8();
  in.skip(1);
  auto address = pdu.kind == IPV4_PREFIX ? net::Ip(in.ip4()) : net::Ip(in.ip6());
  roa.as = in.u32();
  KJ_IF_MAYBE (net, net::IpNet::exactly(address, length)) roa.net = *net;
  if (!in.ok() || !roa.isValid()) return fail(Fault::CORRUPT_DATA, "an impossible prefix"_kj, pdu.whole, now);
  wakeAt = now + ANSWER_TIME;
  change(roa, isAnnounced, pdu, now);
}

void RtrClient::change(const Roa& roa, bool isAnnounced, const Pdu& pdu, Time now) {
  auto known = roas.find(roa);
  if (!isAnnounced) {
    if (isWhole || known == roas.end())
      return fail(Fault::UNKNOWN_WITHDRAWN, "a withdrawal of what was not announced"_kj, pdu.whole, now);
    roas.erase(known);
    return actions.remove(roa);
  }
  if (known != roas.end()) {
    if (!isWhole || known->second == generation)
      return fail(Fault::DUPLICATE_ANNOUNCED, "an announcement of what is known"_kj, pdu.whole, now);
    known->second = generation;
    return;
  }
  if (roas.size() >= MAX_ROAS) return fail(Fault::INTERNAL_ERROR, "too many of them"_kj, pdu.whole, now);
  roas.emplace(roa, generation);
  actions.add(roa);
}

void RtrClient::endOfData(const Pdu& pdu, Time now) {
  if (phase != State::DATA || pdu.field != session.orDefault(0))
    return fail(Fault::CORRUPT_DATA, "an end out of turn"_kj, pdu.whole, now);
  ByteReader in(pdu.body);
  lastSerial = in.u32();
  if (pdu.version > 0) {
    times.refresh = bounded(in.u32(), 1, 86400);
    times.retry = bounded(in.u32(), 1, 7200);
    times.expire = bounded(in.u32(), 600, 172800);
  }
  isTimed = true;
  backOff = FIRST_RETRY;
  phase = State::READY;
  wakeAt = now + times.refresh;
  expireAt = now + lifetime();
  if (isWhole && !roas.empty()) sweepFrom = roas.begin()->first;
  actions.synced();
}

void RtrClient::errorReport(const Pdu& pdu, Time now) {
  auto fault = Fault(pdu.field);
  if (fault == Fault::NO_DATA && phase == State::QUERY) {
    phase = State::READY;
    wakeAt = now + times.retry;
    error = "the cache has no data yet"_kj;
    return;
  }
  if (fault == Fault::UNSUPPORTED_VERSION && speaks > 0) {
    speaks = 0;
    disconnect("the cache speaks version 0"_kj, now);
    wakeAt = now + FIRST_RETRY;
    return;
  }
  lastSerial = nullptr;
  disconnect("the cache reports an error"_kj, now);
}

void RtrClient::sweep(size_t most) {
  KJ_IF_MAYBE (from, sweepFrom) {
    auto at = roas.lower_bound(*from);
    sweepFrom = nullptr;
    for (; at != roas.end(); --most) {
      if (most == 0) {
        sweepFrom = at->first;
        return;
      }
      if (at->second == generation) {
        ++at;
      } else {
        auto gone = at->first;
        at = roas.erase(at);
        actions.remove(gone);
      }
    }
  }
}

void RtrClient::forgetAll() {
  ++generation;
  sweepFrom = nullptr;
  if (!roas.empty()) sweepFrom = roas.begin()->first;
  lastSerial = nullptr;
  expireAt = nullptr;
}

void RtrClient::tick(Time now) {
  auto isDue = [&](kj::Maybe<Time> when) {
    KJ_IF_MAYBE (time, when) return now >= *time;
    return false;
  };
  if (isDue(expireAt)) forgetAll();
  sweep(SWEEP);
  if (!running || !isDue(wakeAt)) return;
  if (phase == State::READY) return query(now);
  if (phase != State::IDLE) return disconnect("no answer"_kj, now);
  phase = State::CONNECT;
  wakeAt = now + ANSWER_TIME;
  actions.connect();
}

kj::Maybe<kj::TimePoint> RtrClient::deadline() const {
  if (sweepFrom != nullptr) return kj::origin<Time>();
  auto first = expireAt;
  if (running)
    KJ_IF_MAYBE (time, wakeAt) first = kj::min(*time, first.orDefault(*time));
  return first;
}

}  // namespace xylem::bgp
