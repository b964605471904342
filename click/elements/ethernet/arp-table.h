#pragma once
// ARPTable([CAPACITY 2048, ENTRY_CAPACITY 0, ENTRY_PACKET_CAPACITY 0, TIMEOUT 5m])
//
// Who has which Ethernet address, and the packets that wait for an answer: at most CAPACITY in all and
// ENTRY_PACKET_CAPACITY for one address. There are at most ENTRY_CAPACITY addresses (0 is no limit, for each). What is
// older than TIMEOUT is forgotten (0: never). Several ARPQueriers can share one table; each has one of its own
// otherwise.
//
// Ports: none.
// Handlers: table (r): lines `ADDR VALID ETHER AGE`. drops, count (addresses), length (packets) (r). insert (w) ADDR
// ETHER. delete (w) ADDR.
//   clear (w).

#include <click/element.h>
#include <click/scheduler.h>

#include <deque>
#include <list>
#include <unordered_map>

namespace xylem::click {

class ARPTable final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void readLimits(Args& args);
  void initialize(Errors& errors) override;
  void start(Element& owner);
  // For a table that belongs to a querier.
  void addHandlers(Handlers& handlers) override;
  void runTimer(Timer&) override { expire(); }
  void takeState(Element& former, Errors&) override;
  void takeEntries(ARPTable& former);

  enum class Answer { UNKNOWN, KNOWN, STALE };
  // Stale: known, but someone should ask again.
  Answer lookup(uint32_t address, Mac& mac, Nanoseconds pollTimeout);
  bool await(uint32_t address, PacketPtr packet);
  // True if it is time for a query.
  std::vector<PacketPtr> learn(uint32_t address, Mac mac);
  // The packets that waited.
  std::string print();

  uint64_t drops = 0;

 private:
  struct Entry {
    Mac mac;
    bool isKnown = false;
    Nanoseconds liveAt = 0, polledAt = 0;
    unsigned polls = 0;
    std::deque<PacketPtr> waiting;
    std::list<uint32_t>::iterator place;
    // In `byAge`.
  };
  using Entries = std::unordered_map<uint32_t, Entry>;

  bool isExpired(const Entry& entry, Nanoseconds now) const { return timeout > 0 && now - entry.liveAt > timeout; }
  Entry& obtain(uint32_t address, Nanoseconds now);
  void forget(Entries::iterator entry);
  void expire();
  bool mayPoll(Entry& entry, Nanoseconds now);
  Nanoseconds now();

  static constexpr Nanoseconds POLL_GAP = SECOND / 10;
  uint32_t capacity = 2048, entryCapacity = 0, entryPacketCapacity = 0;
  Nanoseconds timeout = 300 * SECOND;
  Element* owner = this;
  Entries entries;
  std::list<uint32_t> byAge;
  // Addresses, those least recently heard of first.
  uint32_t packets = 0;
  Timer timer;
};

}  // namespace xylem::click
