#pragma once
// What address translation remembers: a flow, that is addresses and ports on both sides of a rewriter, and when it may
// be forgotten.

#include <click/args.h>
#include <click/ip4.h>
#include <net/ip.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace xylem::click {

class Rewriter;

struct FlowId {
  // Ports that a protocol does not have are zero, as are addresses that do not matter.
  Ip4 source;
  uint16_t sourcePort = 0;
  Ip4 destination;
  uint16_t destinationPort = 0;

  FlowId reversed() const { return {destination, destinationPort, source, sourcePort}; }
  bool operator==(const FlowId&) const = default;
  std::string text() const;
  // "(1.0.0.1, 10, 2.0.0.2, 20)"
};

struct FlowIdHash {
  size_t operator()(const FlowId& id) const {
    return net::mix(uint64_t(id.source.bits) << 32 | id.destination.bits,
                    uint64_t(id.sourcePort) << 16 | id.destinationPort);
  }
};

enum Way : uint8_t { FORWARD, REPLY };

struct Flow {
  FlowId from, to;
  // A packet with the first is given the second; one with the second reversed, the first reversed.
  int outputs[2] = {0, 0};
  // By way.
  uint8_t protocol = 0, table = 0;
  uint8_t replyAnnotation = 0;
  enum : uint8_t { FORWARD_DONE = 1, REPLY_DONE = 2, BOTH_DONE = 3, FORWARD_DATA = 4, REPLY_DATA = 8, BOTH_DATA = 12 };
  uint8_t state = 0;
  // Of a TCP connection.
  Rewriter* owner = nullptr;
  int input = 0;
  uint64_t serial = 0;
  Change addresses[2], all[2];
  // Of checksums, by way.

  Nanoseconds expires = 0;
  // On the scheduler's clock.
  bool isGuaranteed = false;
  // It is not forgotten before that, even if there is no room for others.

  FlowId before(Way way) const { return way == FORWARD ? from : to.reversed(); }
  FlowId after(Way way) const { return way == FORWARD ? to : from.reversed(); }
  void settleChanges();
  // From `from` and `to`.

 private:
  friend class FlowHeap;
  Nanoseconds key = 0;
  size_t place = 0;
};

class FlowHeap {
  // All flows of a rewriter, or of several that share their room, by expiry.
 public:
  size_t size() const { return heaps[0].size() + heaps[1].size(); }
  void add(std::unique_ptr<Flow> flow);
  std::unique_ptr<Flow> remove(Flow& flow);
  void setExpiry(Flow& flow, bool isGuaranteed, Nanoseconds expires);
  Flow* first(bool isGuaranteed);
  // That expires first; null if there is none.
  std::vector<Flow*> all() const;

  int32_t capacity = INT32_MAX;

 private:
  using Heap = std::vector<std::unique_ptr<Flow>>;
  void settle(Heap& heap, size_t place);

  Heap heaps[2];
};

using FlowTable = std::unordered_map<FlowId, std::pair<Flow*, Way>, FlowIdHash>;

}  // namespace xylem::click
