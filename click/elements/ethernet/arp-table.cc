// Entries lie in a map by address and in a list by age; the oldest one goes first when there is no room. Packets that
// wait for an address count against a limit for each address and one for all, so that a scan of a network cannot take
// the memory of all.

#include <click/elements/ethernet/arp-table.h>
#include <click/ethernet.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

const Kind ARPTable::KIND = kindOf<ARPTable>("ARPTable", "0/0");

void ARPTable::readLimits(Args& args) {
  args.keyword("CAPACITY", capacity)
      .keyword("ENTRY_CAPACITY", entryCapacity)
      .keyword("ENTRY_PACKET_CAPACITY", entryPacketCapacity)
      .keyword("TIMEOUT", timeout, as::time);
}

void ARPTable::configure(Args& args) {
  readLimits(args);
  args.complete();
}

void ARPTable::initialize(Errors&) { start(*this); }

void ARPTable::start(Element& of) {
  owner = &of;
  if (timeout <= 0) return;
  timer.initialize(owner->router().scheduler, [this]() {
    expire();
    timer.rescheduleAfter(timeout);
  });
  timer.scheduleAfter(timeout);
}

Nanoseconds ARPTable::now() { return owner->router().scheduler.clock.steady(); }

void ARPTable::forget(Entries::iterator at) {
  auto& entry = at->second;
  drops += entry.waiting.size();
  packets -= uint32_t(entry.waiting.size());
  byAge.erase(entry.place);
  entries.erase(at);
}

void ARPTable::expire() {
  auto time = now();
  while (!byAge.empty()) {
    auto oldest = entries.find(byAge.front());
    if (!isExpired(oldest->second, time)) return;
    forget(oldest);
  }
}

ARPTable::Entry& ARPTable::obtain(uint32_t address, Nanoseconds time) {
  auto [at, isNew] = entries.try_emplace(address);
  if (isNew) {
    at->second.place = byAge.insert(byAge.end(), address);
    at->second.liveAt = time;
    if (entryCapacity > 0 && entries.size() > entryCapacity) forget(entries.find(byAge.front()));
  }
  return at->second;
}

bool ARPTable::mayPoll(Entry& entry, Nanoseconds time) {
  if (entry.polls > 0 && time - entry.polledAt < POLL_GAP) return false;
  ++entry.polls;
  entry.polledAt = time;
  return true;
}

ARPTable::Answer ARPTable::lookup(uint32_t address, Mac& mac, Nanoseconds pollTimeout) {
  auto found = entries.find(address);
  if (found == entries.end() || !found->second.isKnown) return Answer::UNKNOWN;
  auto time = now();
  auto& entry = found->second;
  if (isExpired(entry, time)) return Answer::UNKNOWN;
  mac = entry.mac;
  bool isOld = pollTimeout > 0 && time - entry.liveAt >= pollTimeout;
  return isOld && mayPoll(entry, time) ? Answer::STALE : Answer::KNOWN;
}

bool ARPTable::await(uint32_t address, PacketPtr packet) {
  auto time = now();
  auto& entry = obtain(address, time);
  if (isExpired(entry, time)) entry.isKnown = false;
  bool isTooMany = entryPacketCapacity > 0 && entry.waiting.size() >= entryPacketCapacity;
  if (!isTooMany && capacity > 0 && packets >= capacity) {
    // Make room, oldest addresses first; this one's turn comes last.
    for (auto each : byAge) {
      auto& other = entries.at(each);
      if (other.waiting.empty()) continue;
      other.waiting.pop_front();
      ++drops;
      --packets;
      break;
    }
  }
  if (isTooMany) {
    entry.waiting.pop_front();
    ++drops;
    --packets;
  }
  entry.waiting.push_back(std::move(packet));
  ++packets;
  return mayPoll(entry, time);
}

std::vector<PacketPtr> ARPTable::learn(uint32_t address, Mac mac) {
  auto time = now();
  auto& entry = obtain(address, time);
  entry.mac = mac;
  entry.isKnown = true;
  entry.liveAt = time;
  entry.polls = 0;
  byAge.splice(byAge.end(), byAge, entry.place);
  std::vector<PacketPtr> freed;
  for (auto& each : entry.waiting) freed.push_back(std::move(each));
  packets -= uint32_t(entry.waiting.size());
  entry.waiting.clear();
  return freed;
}

std::string ARPTable::print() {
  std::vector<uint32_t> sorted;
  for (auto& [address, entry] : entries) sorted.push_back(address);
  std::ranges::sort(sorted);
  std::string out;
  auto time = now();
  for (auto address : sorted) {
    auto& entry = entries.at(address);
    out += ip4::print(Ip4{address}) + (entry.isKnown && !isExpired(entry, time) ? " 1 " : " 0 ") +
           ether::print(entry.mac) + " " + printSeconds((time - entry.liveAt) / MICROSECOND * MICROSECOND) + "\n";
  }
  return out;
}

void ARPTable::addHandlers(Handlers& handlers) {
  handlers.read("table", [this]() { return print(); });
  handlers.data("drops", drops);
  handlers.read("count", [this]() { return std::to_string(entries.size()); });
  handlers.data("length", packets);
  handlers.write("insert", [this](const std::string& text, Errors& errors) {
    auto words = splitWords(text);
    Ip4 address;
    Mac mac;
    Reading reading{owner, errors};
    if (words.size() != 2 || !read(words[0], address, reading) || !read(words[1], mac, reading))
      return errors.error("expected IP and ETH");
    learn(address.bits, mac);
  });
  handlers.write("delete", [this](const std::string& text, Errors& errors) {
    Ip4 address;
    if (!read(trim(text), address, Reading{owner, errors})) return errors.error("expected IP");
    if (auto found = entries.find(address.bits); found != entries.end()) forget(found);
  });
  handlers.button("clear", [this]() {
    while (!entries.empty()) forget(entries.begin());
  });
}

void ARPTable::takeState(Element& former, Errors&) {
  if (auto other = dynamic_cast<ARPTable*>(&former)) takeEntries(*other);
}

void ARPTable::takeEntries(ARPTable& former) {
  while (!entries.empty()) forget(entries.begin());
  entries = std::move(former.entries);
  byAge = std::move(former.byAge);
  std::swap(packets, former.packets);
  drops += former.drops;
  former.entries.clear();
  former.byAge.clear();
}

}  // namespace xylem::click
