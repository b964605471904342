#pragma once
// An element: one step on a packet's way. It says what it is by its Kind, reads its arguments, and moves packets.
//
//     const Kind Strip::KIND = kindOf<Strip>("Strip", "1/1", "a/a");
//
// A kind has three short codes, as in the Click language: how many inputs and outputs there may be, which of them push,
// pull, or follow their neighbours, and which input leads to which output.
//
// Packets come singly or in batches; both ways do the same. Most elements derive from one of these and write one
// function for both, and for push and pull:
//
//     Simple<Strip>      int step(Packet&)            the output to go to (an error output pushes), or DROP
//     Changing<Encap>    PacketPtr change(PacketPtr)  the same packet, another, or none
//
// Others override push and pull, for single packets, and if it is worth it pushBatch and pullBatch.

#include <click/args.h>
#include <click/batch.h>
#include <click/errors.h>
#include <click/handler.h>

#include <memory>
#include <string>
#include <vector>

namespace xylem::click {

class Element;
class Notifier;
class Router;
class Task;
class Timer;

struct Kind {
  const char* name;
  const char* ports;
  const char* processing;
  const char* flow;
  std::unique_ptr<Element> (*make)();
};

template <typename E>
constexpr Kind kindOf(const char* name, const char* ports = "0/0", const char* processing = "a/a",
                      const char* flow = "x/x") {
  return {name, ports, processing, flow, []() -> std::unique_ptr<Element> { return std::make_unique<E>(); }};
}

constexpr int DROP = -1;

class Output {
  // Where an output leads to; an input that pulls knows it too.
 public:
  void push(PacketPtr packet) const;
  void push(Batch& batch) const;
  PacketPtr pull() const;
  void pull(Batch& batch, unsigned most) const;
  bool connected() const { return element != nullptr; }

  Element* element = nullptr;
  int port = 0;
  bool isPush = true;
};

enum class Direction { INPUT, OUTPUT };

class Element {
 public:
  static constexpr int PHASE_INFO = 20, PHASE_PRIVILEGED = 90, PHASE_DEFAULT = 100, PHASE_LAST = 2000;

  virtual ~Element() = default;

  // ---- life, in this order
  virtual int configurePhase() const { return PHASE_DEFAULT; }
  virtual void configure(Args& args) { args.complete(); }
  virtual bool isLive() const { return false; }
  // It may be configured again while it runs.
  virtual void addHandlers(Handlers&) {}
  virtual void initialize(Errors&) {}
  // Ports are connected, all elements are configured.
  virtual void takeState(Element& former, Errors&) {}
  // After a hotswap, from the element of the same name and kind.
  virtual void cleanup() {}
  // Before destruction, while all others are still there. Also of one whose life got no further than `configure`.

  // ---- packets
  virtual void push(int port, PacketPtr packet);
  virtual void pushBatch(int port, Batch& batch);
  virtual PacketPtr pull(int port);
  virtual void pullBatch(int port, Batch& batch, unsigned most);

  // ---- what the scheduler calls
  virtual bool runTask(Task&) { return false; }
  // True if there was something to do.
  virtual void runTimer(Timer&) {}
  virtual void selected(int fd, bool readable, bool writable) {}

  // ---- what others ask
  virtual Notifier* notifier(Direction side, int port, bool isEmptyNote) { return nullptr; }
  // The note that this port gives: that nothing is to be had from it (empty), that it takes no more (full).
  virtual const char* flowCode() const { return kind().flow; }
  virtual const char* portCode() const { return kind().ports; }
  virtual const char* processingCode() const { return kind().processing; }

  const Kind& kind() const { return *ofKind; }
  const std::string& name() const { return ownName; }
  std::string declaration() const { return ownName + " :: " + kind().name; }
  Router& router() const { return *ofRouter; }
  size_t index() const { return ownIndex; }
  // In the router, in the order of the configuration.

  int inputs() const { return int(in.size()); }
  int outputs() const { return int(out.size()); }
  const Output& input(int port) const { return in[size_t(port)]; }
  const Output& output(int port) const { return out[size_t(port)]; }
  int ports(Direction side) const { return side == Direction::INPUT ? inputs() : outputs(); }
  bool isPush(Direction side, int port) const { return (side == Direction::INPUT ? in : out)[size_t(port)].isPush; }
  void pushTo(int port, PacketPtr packet) const {
    // If there is such an output; otherwise the packet is dropped.
    if (port >= 0 && port < outputs()) output(port).push(std::move(packet));
  }
  std::vector<bool> flow(Direction side, int port) const;
  // The ports of the other side that this one leads to.

  void chatter(const std::string& text) const;
  // A line for people, on standard error.
  std::string configuration;
  // As it is in force.

 private:
  friend class Router;
  const Kind* ofKind = nullptr;
  Router* ofRouter = nullptr;
  size_t ownIndex = 0;
  std::string ownName;
  std::vector<Output> in, out;
};

template <typename E> class Simple : public Element {
 public:
  void push(int, PacketPtr packet) override {
    int port = self().step(*packet);
    pushTo(port, std::move(packet));
  }
  PacketPtr pull(int) override {
    auto packet = input(0).pull();
    if (packet == nullptr) return nullptr;
    int port = self().step(*packet);
    if (port == 0) return packet;
    pushTo(port, std::move(packet));
    return nullptr;
  }
  [[gnu::flatten]] void pushBatch(int, Batch& batch) override {
    sort(batch);
    if (!batch.empty()) output(0).push(batch);
  }
  void pullBatch(int, Batch& batch, unsigned most) override {
    input(0).pull(batch, most);
    sort(batch);
  }

 private:
  E& self() { return static_cast<E&>(*this); }
  void sort(Batch& batch) {
    // Leaves those for output 0, and sends the others on.
    for (auto packet : batch.release()) {
      int port = self().step(*packet);
      if (port == 0)
        batch.add(packet);
      else
        pushTo(port, PacketPtr(packet));
    }
  }
};

template <typename E> class Changing : public Element {
 public:
  void push(int, PacketPtr packet) override {
    if (auto changed = self().change(std::move(packet))) output(0).push(std::move(changed));
  }
  PacketPtr pull(int) override {
    auto packet = input(0).pull();
    return packet ? self().change(std::move(packet)) : nullptr;
  }
  void pushBatch(int, Batch& batch) override {
    each(batch);
    if (!batch.empty()) output(0).push(batch);
  }
  void pullBatch(int, Batch& batch, unsigned most) override {
    input(0).pull(batch, most);
    each(batch);
  }

 private:
  E& self() { return static_cast<E&>(*this); }
  void each(Batch& batch) {
    for (auto packet : batch.release())
      if (auto changed = self().change(PacketPtr(packet))) batch.add(std::move(changed));
  }
};

template <typename E> class Sorting : public Element {
  // One input that pushes, any number of outputs: `int step(Packet&)` says which.
 public:
  void push(int, PacketPtr packet) override {
    int port = self().step(*packet);
    pushTo(port, std::move(packet));
  }
  [[gnu::flatten]] void pushBatch(int, Batch& batch) override {
    // Order is kept within each output.
    auto all = batch.release();
    int ports[Batch::MOST];
    for (size_t i = 0; i < all.size(); ++i) ports[i] = self().step(*all[i]);
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i] == nullptr) continue;
      int port = ports[i];
      Batch together;
      for (size_t j = i; j < all.size(); ++j)
        if (all[j] != nullptr && ports[j] == port) {
          together.add(all[j]);
          all[j] = nullptr;
        }
      if (port >= 0 && port < outputs()) output(port).push(together);
    }
  }

 private:
  E& self() { return static_cast<E&>(*this); }
};

inline void Output::push(PacketPtr packet) const { element->push(port, std::move(packet)); }
inline void Output::push(Batch& batch) const {
  if (batch.size() == 1)
    element->push(port, PacketPtr(batch.release()[0]));
  else
    element->pushBatch(port, batch);
  batch.clear();
}
inline PacketPtr Output::pull() const { return element->pull(port); }
inline void Output::pull(Batch& batch, unsigned most) const { element->pullBatch(port, batch, most); }

}  // namespace xylem::click
