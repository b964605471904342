// Lengths that an argument asks for are bounded, so that no packet grows without measure.

#include <click/elements/standard/lengths.h>

#include <algorithm>
#include <cstdlib>

namespace xylem::click {

const Kind CheckLength::KIND = kindOf<CheckLength>("CheckLength", "1/1-2", "a/ah");
const Kind Truncate::KIND = kindOf<Truncate>("Truncate", "1/1", "a/a");
const Kind Pad::KIND = kindOf<Pad>("Pad", "1/1", "a/a");
const Kind Resize::KIND = kindOf<Resize>("Resize", "1/1", "a/a");
const Kind Align::KIND = kindOf<Align>("Align", "1/1", "a/a");

namespace {

constexpr uint32_t LONGEST = 1 << 24;
// What a packet may be told to become.

}  // namespace

void CheckLength::configure(Args& args) {
  args.mandatory("LENGTH", most).keyword("EXTRA_LENGTH", countsExtra).complete();
}

void Truncate::configure(Args& args) { args.mandatory("LENGTH", most).keyword("EXTRA_LENGTH", notesExtra).complete(); }

int Truncate::step(Packet& packet) {
  if (packet.length() <= most) return 0;
  auto cut = packet.length() - most;
  if (notesExtra) packet.setAnno32(anno::EXTRA_LENGTH, packet.anno32(anno::EXTRA_LENGTH) + cut);
  packet.take(cut);
  return 0;
}

void Pad::configure(Args& args) {
  if (!args.positional("LENGTH", least).keyword("ZERO", zeroes).keyword("EXTRA_LENGTH", usesExtra).complete()) return;
  if (least > LONGEST) args.error(format("LENGTH: out of range, bound %u", LONGEST));
}

int Pad::step(Packet& packet) {
  auto extra = usesExtra ? packet.anno32(anno::EXTRA_LENGTH) : 0;
  auto wanted = least > 0 ? least : uint32_t(std::min<uint64_t>(uint64_t(packet.length()) + extra, 65535));
  if (packet.length() < wanted) {
    auto more = wanted - packet.length();
    packet.put(more);
    if (zeroes) memset(packet.end() - more, 0, more);
    if (usesExtra) packet.setAnno32(anno::EXTRA_LENGTH, extra > more ? extra - more : 0);
  }
  return 0;
}

void Resize::configure(Args& args) {
  int32_t front = 0, back = 0;
  if (!args.positional("HEAD", front).positional("TAIL", back).complete()) return;
  constexpr auto MOST = int32_t(LONGEST);
  if (front > MOST || front < -MOST) return args.error(format("HEAD: out of range, bound %d", MOST));
  if (back > MOST || back < -MOST) return args.error(format("TAIL: out of range, bound %d", MOST));
  head = front;
  tail = back;
}

void Resize::addHandlers(Handlers& handlers) {
  auto bounded = [](const std::string& text, int32_t& out, const Reading& reading) {
    return read(text, out, reading) && std::abs(int64_t(out)) <= int64_t(LONGEST);
  };
  handlers.setting("head", head, {}, bounded);
  handlers.setting("tail", tail, {}, bounded);
}

int Resize::step(Packet& packet) {
  if (head > 0) {
    packet.push(uint32_t(head));
    memset(packet.data(), 0, size_t(head));
  }
  if (head < 0) packet.pull(std::min(uint32_t(-head), packet.length()));
  if (tail > 0) {
    packet.put(uint32_t(tail));
    memset(packet.end() - tail, 0, size_t(tail));
  }
  if (tail < 0) packet.take(std::min(uint32_t(-tail), packet.length()));
  return 0;
}

void Align::configure(Args& args) {
  if (!args.mandatory("MODULUS", modulus).mandatory("OFFSET", offset).complete()) return;
  bool isPower = modulus > 1 && modulus <= 64 && (modulus & (modulus - 1)) == 0;
  if (!isPower || offset >= modulus) args.error("bad alignment modulus or offset");
}

int Align::step(Packet& packet) {
  auto is = unsigned(reinterpret_cast<uintptr_t>(packet.data()) & (modulus - 1));
  int delta = int(offset) - int(is);
  // Either way will do: the one for which there is room.
  if (delta < 0 && packet.headroom() < unsigned(-delta)) delta += int(modulus);
  if (delta > 0 && packet.tailroom() < unsigned(delta)) {
    packet.reserve(packet.headroom(), modulus);
    return packet.tailroom() >= modulus ? step(packet) : 0;
  }
  if (delta != 0) packet.shift(delta);
  return 0;
}

}  // namespace xylem::click
