// A table has 256 parts, one for each value of a byte; a part that is divided has a table for the next byte. A new part
// begins with the averages of the one that it was cut from, so that a strong source is followed down byte by byte, a
// packet each.
//
// Averages are fixed-point numbers, amounts per period with ten binary digits behind the point, so that what `look`
// prints is what programs that read it are used to.

#include <click/elements/ip/ip-rate-monitor.h>
#include <click/ip4.h>
#include <click/random.h>
#include <click/router.h>

#include <cmath>

namespace xylem::click {

const Kind IPRateMonitor::KIND = kindOf<IPRateMonitor>("IPRateMonitor", "1-2/1-2", "a/a");

namespace {

constexpr Nanoseconds PERIOD = 8 * MILLISECOND;
constexpr unsigned PER_SECOND = SECOND / PERIOD;
constexpr unsigned POINT = 10, WEIGHT_SHIFT = 5, LEVELS = 4;
constexpr size_t LEAST_LIMIT = 100, KILOBYTE = 1024;

uint8_t byteOf(uint32_t address, unsigned level) { return uint8_t(address >> (24 - 8 * level)); }

std::string printFixed(uint64_t value) {
  // With as many decimals as tell it from its neighbours.
  for (int decimals = 0;; ++decimals) {
    auto text = format("%.*f", decimals, std::ldexp(double(value), -int(POINT)));
    if (std::llround(std::ldexp(std::stod(text), int(POINT))) == (long long)value) return text;
  }
}

}  // namespace

struct IPRateMonitor::Average {
  int64_t value = 0;
  uint64_t amount = 0;
  // In the period at hand.

  void take(uint64_t sum) {
    constexpr int64_t ROUND = 1 << (WEIGHT_SHIFT - 1);
    value += (int64_t(sum << POINT) + ROUND - value) >> WEIGHT_SHIFT;
  }
  void settle(Period periods) {
    // So many are over, all but the first of them without traffic.
    constexpr Period FORGOTTEN = 100;
    take(amount);
    amount = 0;
    if (--periods >= FORGOTTEN) value = 0;
    for (; periods > 0 && periods < FORGOTTEN; --periods) take(0);
  }
  uint64_t perSecond() const { return (uint64_t(value) * PER_SECOND) >> POINT; }
};

struct IPRateMonitor::Part {
  Average averages[2];
  Period period;
  Period wholeUntil = 0;
  // Not divided before.
  std::unique_ptr<Table> table;

  explicit Part(Period period) : period(period) {}
  Part(const Part& like, Period period) : averages{like.averages[0], like.averages[1]}, period(period) {}

  void settle(Period at) {
    if (at == period) return;
    for (auto& each : averages) each.settle(at - period);
    period = at;
  }
  bool isIdle() const { return averages[FORWARD].value <= 0 && averages[REVERSE].value <= 0; }
};

struct IPRateMonitor::Table {
  std::array<std::unique_ptr<Part>, 256> parts;
  IPRateMonitor& monitor;
  Part* above;
  // Null for the first.
  Tables::iterator place;

  Table(IPRateMonitor& monitor, Part* above) : monitor(monitor), above(above) {
    place = monitor.tables.insert(monitor.tables.end(), this);
    monitor.taken += sizeof *this;
  }
  ~Table() {
    for (auto& each : parts)
      if (each != nullptr) monitor.taken -= sizeof *each;
    monitor.taken -= sizeof *this;
    monitor.tables.erase(place);
  }
};

IPRateMonitor::IPRateMonitor() = default;
IPRateMonitor::~IPRateMonitor() = default;

IPRateMonitor::Period IPRateMonitor::now() const { return Period(router().scheduler.clock.steady() / PERIOD); }

void IPRateMonitor::configure(Args& args) {
  std::string type;
  uint32_t kilobytes = 0;
  if (!args.mandatory("TYPE", type, as::word)
           .mandatory("RATIO", ratio)
           .mandatory("THRESH", threshold)
           .positional("MEMORY", kilobytes)
           .positional("ANNO", annotates)
           .complete())
    return;
  auto name = toUpper(type);
  countsPackets = name == "PACKETS";
  if (!countsPackets && name != "BYTES") return args.error("monitor type should be \"PACKETS\" or \"BYTES\"");
  if (ratio < 0 || ratio > 1) return args.error("ratio must be between 0 and 1");
  if (kilobytes > 0) limit = std::max<size_t>(kilobytes, LEAST_LIMIT) * KILOBYTE;
  threshold = uint32_t(threshold * ratio);
  reset();
}

void IPRateMonitor::reset() {
  first = nullptr;
  first = std::make_unique<Table>(*this, nullptr);
  start = lastFold = now();
}

// ---- counting

IPRateMonitor::Part* IPRateMonitor::partOf(Table& table, uint8_t byte, const Part* like) {
  auto& part = table.parts[byte];
  if (part != nullptr) return part.get();
  if (!hasRoomFor(sizeof *part)) return nullptr;
  part = like ? std::make_unique<Part>(*like, like->period) : std::make_unique<Part>(now());
  taken += sizeof *part;
  return part.get();
}

bool IPRateMonitor::divides(const Part& part, unsigned level, Period at) const {
  auto rate = std::max(part.averages[FORWARD].perSecond(), part.averages[REVERSE].perSecond());
  return part.wholeUntil < at && rate >= threshold && level + 1 < LEVELS && hasRoomFor(sizeof(Part) + sizeof(Table));
}

void IPRateMonitor::divide(Part& part, uint8_t byte) {
  part.table = std::make_unique<Table>(*this, &part);
  partOf(*part.table, byte, &part);
}

void IPRateMonitor::update(Packet& packet, uint32_t address, uint32_t amount, Way way) {
  auto at = now();
  bool isCounted = Random::shared().happens(ratio);
  auto table = first.get();
  for (unsigned level = 0;; ++level) {
    auto part = partOf(*table, byteOf(address, level), nullptr);
    if (part == nullptr) return;
    if (isCounted) {
      part->settle(at);
      part->averages[way].amount += amount;
    }
    table = part->table.get();
    if (table != nullptr) continue;
    if (annotates) {
      packet.setAnno32(anno::FWD_RATE, uint32_t(part->averages[FORWARD].perSecond()));
      packet.setAnno32(anno::REV_RATE, uint32_t(part->averages[REVERSE].perSecond()));
    }
    if (divides(*part, level, at)) divide(*part, byteOf(address, level + 1));
    break;
  }
  if (at - lastFold < PER_SECOND) return;
  fold(threshold);
  lastFold = at;
}

void IPRateMonitor::count(Packet& packet, Way way) {
  auto ip = Ip4View::of(packet);
  if (!ip) return;
  auto address = way == FORWARD ? ip.source() : ip.destination();
  update(packet, address.bits, countsPackets ? 1 : ip.totalLength(), way);
}

void IPRateMonitor::push(int port, PacketPtr packet) {
  count(*packet, port == 0 ? FORWARD : REVERSE);
  pushTo(port, std::move(packet));
}

PacketPtr IPRateMonitor::pull(int port) {
  auto packet = port < inputs() ? input(port).pull() : nullptr;
  if (packet != nullptr) count(*packet, port == 0 ? FORWARD : REVERSE);
  return packet;
}

// ---- folding

void IPRateMonitor::fold(double below) {
  // Tables in each other's way are treated alike: the walk begins at either end by chance. It ends when there is room
  // again, or, without a limit, when a tenth is gone.
  auto enough = limit > 0 ? limit : size_t(double(taken) * 0.9);
  auto at = now();
  bool isForward = Random::shared().happens(0.5);
  auto each = isForward ? std::next(tables.begin()) : std::prev(tables.end());
  while (each != tables.end() && each != tables.begin()) {
    // What goes with a table is younger than it: the one before stays.
    auto older = std::prev(each);
    auto& part = *(*each)->above;
    part.settle(at);
    bool folds = double(part.averages[FORWARD].value) < below && double(part.averages[REVERSE].value) < below;
    if (folds) part.table = nullptr;
    if (folds && taken < enough) return;
    each = isForward ? std::next(folds ? older : each) : older;
  }
}

void IPRateMonitor::foldToLimit() {
  // Until it fits, or nothing but first bytes is left.
  constexpr double STEP = 0.2;
  for (double below = threshold; taken > limit && tables.size() > 1; below += STEP * below + 1) fold(below);
}

// ---- handlers

std::string IPRateMonitor::look(Table& table, const std::string& prefix) {
  std::string out;
  for (size_t byte = 0; byte < table.parts.size(); ++byte) {
    auto part = table.parts[byte].get();
    if (part == nullptr || part->isIdle()) continue;
    part->settle(now());
    auto name = prefix + std::to_string(byte);
    out += name;
    for (auto way : {FORWARD, REVERSE}) out += "\t" + printFixed(uint64_t(part->averages[way].value) * PER_SECOND);
    out += "\n";
    if (part->table != nullptr) out += look(*part->table, "\t" + name + ".");
  }
  return out;
}

void IPRateMonitor::setLimit(const std::string& text, Errors& errors) {
  auto words = splitArguments(text);
  __int128 kilobytes;
  if (words.size() != 1) return errors.error("expecting 1 integer");
  if (!parseInteger(words[0], kilobytes) || kilobytes < 0 || kilobytes > UINT32_MAX)
    return errors.error("not an integer");
  limit = kilobytes > 0 ? std::max(size_t(kilobytes), LEAST_LIMIT) * KILOBYTE : 0;
  if (limit > 0) foldToLimit();
}

void IPRateMonitor::setLevel(const std::string& text, Errors& errors) {
  auto words = splitArguments(text);
  Ip4 address;
  __int128 level, seconds;
  SilentErrors silent;
  if (words.size() != 3) return errors.error("expecting 3 arguments");
  if (!read(words[0], address, Reading{this, silent})) return errors.error("not an IP address");
  if (!parseInteger(words[1], level) || level < 0 || level >= LEVELS)
    return errors.error("2nd argument specifies a level, between 0 and 3, to annotate");
  if (!parseInteger(words[2], seconds) || seconds < 1 || seconds > INT32_MAX / PER_SECOND)
    return errors.error("3rd argument specifies when this rule expires, must be > 0");
  auto table = first.get();
  for (unsigned depth = 0; table != nullptr; ++depth) {
    auto part = table->parts[byteOf(address.bits, depth)].get();
    if (part == nullptr) return;
    if (depth == unsigned(level)) {
      part->wholeUntil = now() + Period(seconds) * PER_SECOND;
      part->table = nullptr;
      return;
    }
    table = part->table.get();
  }
}

void IPRateMonitor::addHandlers(Handlers& handlers) {
  handlers.data("thresh", threshold);
  handlers.read(
      "look", [this]() { return std::to_string(now() - start) + "\n" + look(*first, ""); }, Handler::EXPENSIVE);
  handlers.data("mem", taken);
  handlers.data("memmax", limit);
  handlers.write("memmax", [this](const std::string& text, Errors& errors) { setLimit(text, errors); });
  handlers.write("anno_level", [this](const std::string& text, Errors& errors) { setLevel(text, errors); });
  handlers.button("reset", [this]() { reset(); });
}

}  // namespace xylem::click
