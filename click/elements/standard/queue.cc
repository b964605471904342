// One ring of packets, which grows as it is needed: a capacity is a limit, and may be any number. The kinds differ in
// what they tell whom.

#include <click/elements/standard/queue.h>

#include <algorithm>

namespace xylem::click {

const Kind SimpleQueue::KIND = kindOf<SimpleQueue>("SimpleQueue", "1/1-2", "h/lh");
const Kind NotifierQueue::KIND = kindOf<NotifierQueue>("NotifierQueue", "1/1-2", "h/lh");
const Kind FullNoteQueue::KIND = kindOf<FullNoteQueue>("FullNoteQueue", "1/1-2", "h/lh");
const Kind Queue::KIND = kindOf<Queue>("Queue", "1/1-2", "h/lh");
const Kind QuickNoteQueue::KIND = kindOf<QuickNoteQueue>("QuickNoteQueue", "1/1-2", "h/lh");
const Kind ThreadSafeQueue::KIND = kindOf<ThreadSafeQueue>("ThreadSafeQueue", "1/1-2", "h/lh");
const Kind FrontDropQueue::KIND = kindOf<FrontDropQueue>("FrontDropQueue", "1/1-2", "h/lh");

const Kind MixedQueue::KIND = kindOf<MixedQueue>("MixedQueue", "2/1-2", "h/lh");

void SimpleQueue::configure(Args& args) {
  uint32_t wanted = 1000;
  if (args.positional("CAPACITY", wanted).complete()) setCapacity(wanted);
}

void SimpleQueue::setCapacity(uint32_t wanted) {
  // The first ones stay.
  while (used > wanted) {
    --used;
    drop(std::move(ring[(first + used) % ring.size()]));
  }
  capacity = wanted;
}

void SimpleQueue::makeRoom() {
  if (used < ring.size()) return;
  std::vector<PacketPtr> moved(std::max<size_t>(2 * used, LEAST));
  for (size_t i = 0; i < used; ++i) moved[i] = std::move(ring[(first + i) % ring.size()]);
  ring = std::move(moved);
  first = 0;
}

void SimpleQueue::addLast(PacketPtr packet) {
  makeRoom();
  ring[(first + used++) % ring.size()] = std::move(packet);
  highest = std::max(highest, used);
}

void SimpleQueue::addFirst(PacketPtr packet) {
  makeRoom();
  first = (first + ring.size() - 1) % ring.size();
  ring[first] = std::move(packet);
  ++used;
  highest = std::max(highest, used);
}

PacketPtr SimpleQueue::takeFirst() {
  if (used == 0) return nullptr;
  auto packet = std::move(ring[first]);
  first = first + 1 == ring.size() ? 0 : first + 1;
  --used;
  return packet;
}

PacketPtr SimpleQueue::takeLast() {
  if (used == 0) return nullptr;
  return std::move(ring[(first + --used) % ring.size()]);
}

void SimpleQueue::push(int, PacketPtr packet) {
  if (used >= capacity) return overflow(std::move(packet));
  addLast(std::move(packet));
  filled();
}

void SimpleQueue::overflow(PacketPtr packet) { drop(std::move(packet)); }

void SimpleQueue::drop(PacketPtr packet) {
  if (drops++ == 0 && outputs() < 2) chatter(declaration() + ": overflow");
  pushTo(1, std::move(packet));
}

PacketPtr SimpleQueue::pull(int) {
  auto packet = takeFirst();
  packet ? drained() : missed();
  return packet;
}

void SimpleQueue::pullBatch(int, Batch& batch, unsigned most) {
  while (used > 0 && batch.size() < most && !batch.full()) batch.add(takeFirst());
  batch.empty() ? missed() : drained();
}

void SimpleQueue::reset() {
  while (used > 0) pushTo(1, takeFirst());
  drops = highest = 0;
}

void SimpleQueue::addHandlers(Handlers& handlers) {
  handlers.data("length", used);
  handlers.data("highwater_length", highest);
  handlers.data("capacity", capacity);
  handlers.write("capacity", [this](const std::string& text, Errors& errors) {
    uint32_t wanted;
    if (read(trim(text), wanted, Reading{this, errors})) setCapacity(wanted);
  });
  handlers.data("drops", drops);
  handlers.button("reset_counts", [this]() {
    drops = 0;
    highest = used;
  });
  handlers.button("reset", [this]() { reset(); });
}

void SimpleQueue::takeState(Element& former, Errors& errors) {
  auto other = dynamic_cast<SimpleQueue*>(&former);
  if (other == nullptr) return;
  if (used > 0) return errors.error("already have packets enqueued, can't take state");
  bool isFull = false;
  while (auto packet = other->takeFirst()) {
    if (used < capacity)
      addLast(std::move(packet));
    else
      isFull = true;
  }
  if (isFull) errors.warning("some packets lost (old length greater than new capacity)");
  if (used > 0) filled();
}

void FullNoteQueue::filled() {
  nonEmpty.wake();
  if (stored() >= limit()) nonFull.sleep();
}

void FullNoteQueue::drained() {
  NotifierQueue::drained();
  nonFull.wake();
}

void FrontDropQueue::overflow(PacketPtr packet) {
  auto oldest = takeFirst();
  if (oldest == nullptr) return drop(std::move(packet));
  addLast(std::move(packet));
  drop(std::move(oldest));
}

void MixedQueue::push(int port, PacketPtr packet) {
  if (port == 0) return SimpleQueue::push(port, std::move(packet));
  if (stored() >= limit()) {
    auto last = takeLast();
    if (last == nullptr) return drop(std::move(packet));
    addFirst(std::move(packet));
    filled();
    return drop(std::move(last));
  }
  addFirst(std::move(packet));
  filled();
}

}  // namespace xylem::click
