// Identifiers and sequence numbers of echo requests go out in the machine's byte order, as ping programs do it and the
// original.

#include <click/elements/ethernet/handlers.h>
#include <click/elements/icmp/icmp-ping.h>
#include <click/elements/ip/formats.h>
#include <click/elements/ip/icmp-names.h>
#include <click/ip4.h>
#include <click/router.h>

#include <algorithm>
#include <cmath>

namespace xylem::click {

const Kind ICMPPingResponder::KIND = kindOf<ICMPPingResponder>("ICMPPingResponder", "1/1-2", "a/ah");
const Kind ICMPPingSource::KIND = kindOf<ICMPPingSource>("ICMPPingSource", "0-1/1", "h/a");
const Kind ICMPSendPings::KIND = kindOf<ICMPSendPings>("ICMPSendPings", "0-1/1", "h/a");
const Kind ICMPIPEncap::KIND = kindOf<ICMPIPEncap>("ICMPIPEncap", "1/1", "a/a");
const Kind ICMPPingEncap::KIND = kindOf<ICMPPingEncap>("ICMPPingEncap", "1/1", "a/a");

namespace {

constexpr unsigned HEADER = 8;

void writeHeaders(Packet& packet, Ip4 src, Ip4 dst, uint16_t id, uint8_t ttl, uint8_t type, uint8_t code,
                  uint16_t identifier) {
  // In front of the packet; what is in it is the data.
  packet.push(ip4::LEAST + HEADER);
  auto ip = packet.data(), icmp = ip + ip4::LEAST;
  memset(ip, 0, ip4::LEAST + HEADER);
  ip[0] = 0x45;
  put16(ip + ip4::LENGTH, packet.length());
  put16(ip + ip4::ID, id);
  ip[ip4::TTL] = ttl;
  ip[ip4::PROTOCOL] = ip4::ICMP;
  put32(ip + ip4::SRC, src.bits);
  put32(ip + ip4::DST, dst.bits);
  ip4::setChecksum(ip);
  icmp[0] = type;
  icmp[1] = code;
  memcpy(icmp + 4, &identifier, 2);
  memcpy(icmp + 6, &id, 2);
  put16(icmp + 2, internetChecksum(icmp, packet.length() - ip4::LEAST));
  ip4::mark(packet, ip);
  packet.setDstIp(dst.bits);
}

}  // namespace

int ICMPPingResponder::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  if (!ip || ip[ip4::PROTOCOL] != ip4::ICMP || !ip.isFirst()) return 1;
  auto icmp = ip.payload();
  if (ip.payloadLength() < HEADER || icmp[0] != icmp::ECHO) return 1;
  std::swap_ranges(ip + ip4::SRC, ip + ip4::DST, ip + ip4::DST);
  icmp[0] = icmp::ECHO_REPLY;
  updateChecksum(icmp + 2, icmp::ECHO << 8, icmp::ECHO_REPLY << 8);
  packet.setDstIp(get32(ip + ip4::DST));
  packet.timestamp = 0;
  return 0;
}

// ---- ICMPPingSource

void ICMPPingSource::configure(Args& args) {
  bool hasInterval = args.has("INTERVAL");
  args.mandatory("SRC", src)
      .mandatory("DST", dst)
      .keyword("INTERVAL", interval, as::time)
      .keyword("IDENTIFIER", identifier)
      .keyword("DATA", data)
      .keyword("LIMIT", limit)
      .keyword("ACTIVE", isActive)
      .keyword("VERBOSE", isVerbose)
      .keyword("STOP", stops);
  if (!args.complete()) return;
  if (interval == 0) args.errors.warning("INTERVAL so small that it is zero");
  if (hasInterval && !isPush(Direction::OUTPUT, 0))
    args.errors.warning("element is pull, INTERVAL parameter will be ignored");
}

void ICMPPingSource::initialize(Errors&) {
  timer.initialize(*this);
  wake(interval);
}

void ICMPPingSource::wake(Nanoseconds delay) {
  if (isActive && !ended() && isPush(Direction::OUTPUT, 0) && !timer.scheduled()) timer.scheduleAfter(delay);
}

PacketPtr ICMPPingSource::make() {
  auto packet = Packet::make(data);
  // Never 0.
  auto id = uint16_t(count % 0xffff + 1);
  writeHeaders(*packet, src, dst, id, 200, icmp::ECHO, 0, identifier);
  packet->timestamp = router().scheduler.clock.now();
  if (inputs() > 0) sent[id] = {packet->timestamp, false};
  return packet;
}

void ICMPPingSource::runTimer(Timer&) {
  auto packet = make();
  ++count;
  output(0).push(std::move(packet));
  if (!ended())
    timer.rescheduleAfter(interval);
  else if (stops)
    router().stop();
}

PacketPtr ICMPPingSource::pull(int) {
  if (!isActive) return nullptr;
  if (ended()) {
    if (stops) router().stop();
    return nullptr;
  }
  auto packet = make();
  ++count;
  return packet;
}

void ICMPPingSource::push(int, PacketPtr packet) {
  auto ip = Ip4View::of(*packet);
  if (!ip || ip[ip4::PROTOCOL] != ip4::ICMP || ip.payloadLength() < HEADER) return;
  auto icmp = ip.payload();
  uint16_t id, sequence;
  memcpy(&id, icmp + 4, 2);
  memcpy(&sequence, icmp + 6, 2);
  if (icmp[0] != icmp::ECHO_REPLY || id != identifier) return;
  if (auto found = sent.find(sequence); found != sent.end()) note(*packet, ip, found->second);
}

void ICMPPingSource::note(const Packet& packet, const uint8_t* ip, Sent& request) {
  duplicates += request.isAnswered;
  request.isAnswered = true;
  auto now = packet.timestamp ? packet.timestamp : router().scheduler.clock.now();
  auto took = uint64_t(std::max<Nanoseconds>(0, now - request.at) / MICROSECOND);
  least = received == 0 ? took : std::min(least, took);
  greatest = std::max(greatest, took);
  sum += took;
  squares += took * took;
  ++received;
  if (!isVerbose) return;
  uint16_t sequence;
  memcpy(&sequence, ip + ip4::headerLength(ip) + 6, 2);
  auto size = int(ip4::length(ip)) - int(ip4::headerLength(ip)) - int(HEADER);
  chatter(declaration() + format(": %d bytes from %s: icmp_seq=%u ttl=%u time=%u.%03u ms", size,
                                 ip4::print(Ip4{get32(ip + ip4::SRC)}).c_str(), sequence, ip[ip4::TTL],
                                 unsigned(took / 1000), unsigned(took % 1000)));
}

std::string ICMPPingSource::summary() const {
  auto out = std::to_string(count) + " packets transmitted, " + std::to_string(received - duplicates) + " received";
  if (duplicates > 0) out += ", +" + std::to_string(duplicates) + " duplicates";
  if (count > 0)
    out += format(", %d%% packet loss\n", int((count - std::min(count, received - duplicates)) * 100 / count));
  if (received == 0) return out;
  auto average = sum / received;
  auto deviation = uint64_t(std::sqrt(double(squares / received - std::min(squares / received, average * average))));
  auto milliseconds = [](uint64_t us) { return format("%u.%03u", unsigned(us / 1000), unsigned(us % 1000)); };
  return out + "rtt min/avg/max/mdev = " + milliseconds(least) + "/" + milliseconds(average) + "/" +
         milliseconds(greatest) + "/" + milliseconds(deviation) + "\n";
}

std::string ICMPPingSource::seconds(uint64_t microseconds) const { return print(double(microseconds) / 1e6); }

void ICMPPingSource::addHandlers(Handlers& handlers) {
  ipHandler(handlers, *this, "src", src);
  ipHandler(handlers, *this, "dst", dst);
  handlers.dataRw("active", isActive);
  handlers.write("active", [this](const std::string& text, Errors& errors) {
    if (!read(trim(text), isActive, Reading{this, errors})) return errors.error("type mismatch");
    isActive ? wake(0) : timer.unschedule();
  });
  handlers.data("count", count);
  handlers.write("limit", [this](const std::string& text, Errors& errors) {
    SilentErrors silent;
    if (!read(trim(text), limit, Reading{this, silent})) return errors.error("'limit' should be integer");
    wake(interval);
  });
  handlers.write("interval", [this](const std::string& text, Errors& errors) {
    if (!as::time(trim(text), interval, Reading{this, errors})) errors.error("'interval' should be an interval");
  });
  handlers.button("reset_counts", [this]() {
    count = received = duplicates = least = greatest = sum = squares = 0;
    sent.clear();
    wake(interval);
  });
  if (inputs() == 0) return;
  handlers.read("summary", [this]() { return summary(); });
  handlers.read("rtt_min", [this]() { return seconds(least); });
  handlers.read("rtt_avg", [this]() { return seconds(sum / std::max<uint64_t>(received, 1)); });
  handlers.read("rtt_max", [this]() { return seconds(greatest); });
}

// ---- headers in front

void ICMPIPEncap::configure(Args& args) {
  std::string codeText = "0";
  args.mandatory("SRC", src)
      .mandatory("DST", dst)
      .mandatory("TYPE", type, as::icmpType)
      .positional("CODE", codeText, as::word)
      .keyword("IDENTIFIER", identifier);
  if (!args.complete()) return;
  __int128 number;
  if (auto named = icmp::codeNamed(type, codeText))
    code = *named;
  else if (parseInteger(codeText, number) && number >= 0 && number <= 255)
    code = uint8_t(number);
  else
    args.error("invalid CODE");
}

void ICMPIPEncap::addHandlers(Handlers& handlers) {
  ipHandler(handlers, *this, "src", src);
  ipHandler(handlers, *this, "dst", dst);
}

PacketPtr ICMPIPEncap::change(PacketPtr packet) {
  constexpr unsigned LONGEST = 65535;
  if (packet->length() > LONGEST - ip4::LEAST - HEADER) return nullptr;
  writeHeaders(*packet, src, dst, id++, 250, type, code, identifier);
  return packet;
}

void ICMPPingEncap::configure(Args& args) {
  type = icmp::ECHO;
  args.mandatory("SRC", src).mandatory("DST", dst).keyword("IDENTIFIER", identifier).complete();
}

}  // namespace xylem::click
