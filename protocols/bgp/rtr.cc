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

using net::Bytes;
using rtr::Kind;

constexpr auto ANSWER_TIME = 60 * kj::SECONDS, FIRST_RETRY = 1 * kj::SECONDS;
constexpr size_t SWEEP = 2048;
// Roas a tick.

kj::Duration bounded(uint32_t seconds, uint32_t min, uint32_t max) {
  return kj::min(kj::max(seconds, min), max) * kj::SECONDS;
}

}  // namespace

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
  Pdu pdu{speaks};
  KJ_IF_MAYBE (serial, lastSerial) {
    pdu.kind = Kind::SERIAL_QUERY;
    pdu.field = session.orDefault(0);
    pdu.serial = *serial;
  }
  net::ByteWriter out(12);
  rtr::encode(pdu, out);
  isWhole = lastSerial == nullptr;
  phase = State::QUERY;
  wakeAt = now + ANSWER_TIME;
  actions.send(out.bytes());
}

void RtrClient::fail(Fault fault, kj::StringPtr reason, Bytes pdu, Time now) {
  // What makes no sense once will not the next time: ask for everything then.
  lastSerial = nullptr;
  Pdu report{speaks, Kind::ERROR_REPORT, uint16_t(fault)};
  report.content = pdu.slice(0, kj::min(pdu.size(), size_t(256)));
  report.text = reason.asArray();
  net::ByteWriter out(16 + report.content.size() + reason.size());
  rtr::encode(report, out);
  actions.send(out.bytes());
  disconnect(reason, now);
}

void RtrClient::receive(Bytes bytes, Time now) {
  while (bytes.size() > 0 && phase >= State::QUERY) {
    size_t wanted = rtr::HEADER;
    if (partial.size() >= rtr::HEADER) wanted = rtr::readHeader(partial).length;
    size_t more = kj::min(wanted - partial.size(), bytes.size());
    partial.addAll(bytes.slice(0, more));
    bytes = bytes.slice(more, bytes.size());
    if (partial.size() < rtr::HEADER) return;
    wanted = rtr::readHeader(partial).length;
    if (wanted < rtr::HEADER || wanted > rtr::MAX_PDU)
      return fail(Fault::CORRUPT_DATA, "a PDU of impossible length"_kj, partial, now);
    if (partial.size() < wanted) continue;
    auto whole = kj::mv(partial);
    partial = kj::Vector<kj::byte>();
    if (!pdu(whole, now)) return;
  }
}

bool RtrClient::pdu(Bytes whole, Time now) {
  if (!agreeOn(rtr::readHeader(whole), whole, now)) return false;
  auto decoded = rtr::decode(whole);
  if (decoded.is<rtr::Problem>()) {
    auto& problem = decoded.get<rtr::Problem>();
    fail(problem.fault, problem.reason, whole, now);
  } else {
    handle(decoded.get<Pdu>(), whole, now);
  }
  return phase >= State::QUERY;
}

bool RtrClient::agreeOn(const rtr::Header& header, Bytes whole, Time now) {
  if (header.version == speaks) {
    // Before the first answer, a notification says nothing about the version.
    isAgreed = isAgreed || header.kind != Kind::SERIAL_NOTIFY;
    return true;
  }
  if (header.kind == Kind::ERROR_REPORT) {
    errorReport(Fault(header.field), now);
    return false;
  }
  if (!isAgreed && header.version < speaks) {
    speaks = header.version;
    isAgreed = header.kind != Kind::SERIAL_NOTIFY;
    return true;
  }
  fail(isAgreed ? Fault::UNEXPECTED_VERSION : Fault::UNSUPPORTED_VERSION, "a version that was not agreed on"_kj, whole,
       now);
  return false;
}

void RtrClient::handle(const Pdu& pdu, Bytes whole, Time now) {
  switch (pdu.kind) {
    case Kind::SERIAL_NOTIFY:
      if (phase == State::READY && pdu.field == session.orDefault(0)) query(now);
      return;
    case Kind::CACHE_RESPONSE:
      return response(pdu, whole, now);
    case Kind::IPV4_PREFIX:
    case Kind::IPV6_PREFIX:
      return prefix(pdu, whole, now);
    case Kind::ROUTER_KEY:
      if (phase != State::DATA) return fail(Fault::CORRUPT_DATA, "data that were not asked for"_kj, whole, now);
      return;
    case Kind::END_OF_DATA:
      return endOfData(pdu, whole, now);
    case Kind::CACHE_RESET:
      if (phase != State::QUERY) return fail(Fault::CORRUPT_DATA, "a reset out of turn"_kj, whole, now);
      lastSerial = nullptr;
      return query(now);
    case Kind::ERROR_REPORT:
      return errorReport(Fault(pdu.field), now);
    case Kind::SERIAL_QUERY:
    case Kind::RESET_QUERY:
      return fail(Fault::UNSUPPORTED_PDU, "a question, from a cache"_kj, whole, now);
  }
}

void RtrClient::response(const Pdu& pdu, Bytes whole, Time now) {
  if (phase != State::QUERY) return fail(Fault::CORRUPT_DATA, "a response out of turn"_kj, whole, now);
  if (!isWhole && pdu.field != session.orDefault(0))
    return fail(Fault::CORRUPT_DATA, "a response of another session"_kj, whole, now);
  session = pdu.field;
  lastSerial = nullptr;
  sweep(roas.size());
  if (isWhole) ++generation;
  phase = State::DATA;
  wakeAt = now + ANSWER_TIME;
}

void RtrClient::prefix(const Pdu& pdu, Bytes whole, Time now) {
  if (phase != State::DATA) return fail(Fault::CORRUPT_DATA, "data that were not asked for"_kj, whole, now);
  wakeAt = now + ANSWER_TIME;
  auto& roa = pdu.roa;
  auto known = roas.find(roa);
  if (!pdu.isAnnounced) {
    if (isWhole || known == roas.end())
      return fail(Fault::UNKNOWN_WITHDRAWN, "a withdrawal of what was not announced"_kj, whole, now);
    roas.erase(known);
    return actions.remove(roa);
  }
  if (known != roas.end()) {
    if (!isWhole || known->second == generation)
      return fail(Fault::DUPLICATE_ANNOUNCED, "an announcement of what is known"_kj, whole, now);
    known->second = generation;
    return;
  }
  if (roas.size() >= MAX_ROAS) return fail(Fault::INTERNAL_ERROR, "too many of them"_kj, whole, now);
  roas.emplace(roa, generation);
  actions.add(roa);
}

void RtrClient::endOfData(const Pdu& pdu, Bytes whole, Time now) {
  if (phase != State::DATA || pdu.field != session.orDefault(0))
    return fail(Fault::CORRUPT_DATA, "an end out of turn"_kj, whole, now);
  lastSerial = pdu.serial;
  if (pdu.version > 0) {
    times.refresh = bounded(pdu.refresh, 1, 86400);
    times.retry = bounded(pdu.retry, 1, 7200);
    times.expire = bounded(pdu.expire, 600, 172800);
  }
  isTimed = true;
  backOff = FIRST_RETRY;
  phase = State::READY;
  wakeAt = now + times.refresh;
  expireAt = now + lifetime();
  if (isWhole && !roas.empty()) sweepFrom = roas.begin()->first;
  actions.synced();
}

void RtrClient::errorReport(Fault fault, Time now) {
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
