#pragma once
// What all rewriters have in common: they give the packets of a flow other addresses, and those of its replies the
// opposite ones. What becomes of a new flow is said for each input:
//
//     drop                                  drop its packets, or  discard
//     pass [OUTPUT]                         send them on unchanged, and remember nothing; or  nochange
//     keep FORWARD REPLY                    remember it, but change nothing
//     pattern PATTERN FORWARD REPLY         change what the pattern says
//     MAPPER                                ask an element such as RoundRobinIPMapper
//
// Packets of a flow that is known, whatever input they come by, go to the output FORWARD, those of its replies to
// REPLY. A flow is forgotten some time after its last packet. It is safe for a shorter time, the guarantee: when there
// are more flows than CAPACITY, the one that has least time left is forgotten, or if all are safe, the new one is
// refused.

#include <click/element.h>
#include <click/elements/nat/flow.h>
#include <click/elements/nat/pattern.h>
#include <click/scheduler.h>

#include <optional>

namespace xylem::click {

class FlowMapper {
  // An element that chooses a pattern for each new flow.
 public:
  virtual ~FlowMapper() = default;
  virtual void used(Rewriter& by, Errors& errors) = 0;
  // Tells what does not fit.
  virtual std::optional<FlowId> rewrite(const FlowId& flow, const FlowTable& replies, PatternOutputs& chosen) = 0;
};

struct Timeouts {
  Nanoseconds usual = 300 * SECOND, guaranteed = 5 * SECOND;
};

class Rewriter : public Element {
 public:
  ~Rewriter() override;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void takeState(Element& former, Errors& errors) override;
  void push(int port, PacketPtr packet) override;
  void runTimer(Timer&) override;

  struct Translation {
    FlowId before, after;
  };
  virtual std::optional<Translation> translation(uint8_t protocol, const FlowId& flow) const;
  // What becomes of a packet with these addresses and ports, if it is of a flow that is known.

 protected:
  static constexpr int TABLES = 3;
  struct Key {
    FlowId id;
    uint8_t table = 0;
  };

  virtual std::optional<Key> keyOf(Ip4View ip) const = 0;
  // None for packets that cannot be of a flow.
  virtual std::optional<Key> otherKeyOf(Ip4View) const { return std::nullopt; }
  // By which it may be known, too.
  virtual bool mayBegin(Ip4View) const { return true; }
  // A flow that is not known yet.
  virtual void apply(Packet& packet, Ip4View ip, Flow& flow, Way way);
  // Changes addresses, and what sums them up.
  virtual void readTimeouts(Args&) {}
  virtual const Timeouts& timesOf(uint8_t table) const { return timeouts[table]; }
  virtual Nanoseconds timeoutOf(const Flow& flow) const { return timesOf(flow.table).usual; }
  virtual bool accepts(const RewriterPattern&, Errors&) const { return true; }
  virtual std::string describe(const FlowId& before, const FlowId& after, Way way) const;

  std::pair<Flow*, Way> find(const Key& key) const;
  std::string tableText(int table) const;
  std::string lookup(int table, const std::string& argument, Errors& errors) const;
  void note(Packet& packet, Ip4View ip, const Flow& flow, Way way) const;
  // The destination and the reply annotation.

  Timeouts timeouts[TABLES];

 private:
  struct Input {
    enum Kind { DROPS, PASSES, KEEPS, PATTERN, MAPPER };
    Kind kind = DROPS;
    PatternOutputs to;
    FlowMapper* mapper = nullptr;
    std::string text;
    uint32_t count = 0, failures = 0;
  };
  bool readInput(const std::string& text, Input& out, Errors& errors);
  bool readCapacity(const std::string& text, Args& args);
  bool inRange(const PatternOutputs& to, Errors& errors) const;
  void setInput(size_t input, const std::string& text, Errors& errors);
  std::string inputText(const Input& input) const;
  void addInputHandlers(Handlers& handlers);

  Flow* begin(int port, const Key& key, const Packet& packet, uint8_t protocol);
  std::optional<FlowId> rewrite(Input& input, const Key& key, PatternOutputs& to);
  Flow* store(std::unique_ptr<Flow> flow);
  void touch(Flow& flow);
  void forget(Flow& flow);
  static void unlink(Flow& flow);
  void relax();
  void shrink(size_t most);
  void forgetOwn();
  Nanoseconds now() const;

  std::vector<Input> specs;
  FlowTable tables[TABLES];
  std::shared_ptr<FlowHeap> heap = std::make_shared<FlowHeap>();
  uint64_t serial = 0;
  Nanoseconds interval = 15 * 60 * SECOND;
  bool notesDestination = true;
  std::optional<unsigned> replyAnnotation;
  Timer timer;
};

}  // namespace xylem::click
