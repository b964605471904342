// Ranges may overlap; the later one wins.

#include <click/elements/standard/clipboard.h>

#include <algorithm>

namespace xylem::click {

const Kind Clipboard::KIND = kindOf<Clipboard>("Clipboard", "2/2", "a/a", "#/#");

namespace {

constexpr unsigned LONGEST = 65535;

}  // namespace

void Clipboard::configure(Args& args) {
  Strings given;
  args.rest(given);
  std::vector<Range> wanted;
  for (size_t i = 0; i < given.size(); ++i) {
    auto name = "range " + std::to_string(i);
    auto slash = given[i].find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == given[i].size())
      return args.error(name + ": expected '/' between offset and length");
    Range range;
    Args pair({given[i].substr(0, slash), given[i].substr(slash + 1)}, this, args.errors);
    if (!pair.mandatory("OFFSET", range.offset).mandatory("LENGTH", range.length).complete() ||
        uint64_t(range.offset) + range.length > LONGEST)
      return args.error(name + ": invalid offset or length");
    wanted.push_back(range);
  }
  ranges = wanted;
  kept.clear();
  args.complete();
}

void Clipboard::copy(const Packet& packet) {
  kept.clear();
  for (auto& each : ranges) {
    auto from = std::min(each.offset, packet.length()), to = std::min(each.end(), packet.length());
    auto begin = kept.size();
    kept.insert(kept.end(), packet.data() + from, packet.data() + to);
    kept.resize(begin + each.length, 0);
  }
}

void Clipboard::paste(Packet& packet) const {
  bool isTooShort = std::ranges::any_of(ranges, [&](auto& each) { return each.end() > packet.length(); });
  if (kept.empty() || isTooShort) return;
  auto from = kept.data();
  for (auto& each : ranges) {
    std::copy_n(from, each.length, packet.data() + each.offset);
    from += each.length;
  }
}

void Clipboard::pass(int port, Packet& packet) {
  if (port == 0)
    copy(packet);
  else
    paste(packet);
}

void Clipboard::push(int port, PacketPtr packet) {
  pass(port, *packet);
  output(port).push(std::move(packet));
}

PacketPtr Clipboard::pull(int port) {
  auto packet = input(port).pull();
  if (packet != nullptr) pass(port, *packet);
  return packet;
}

}  // namespace xylem::click
