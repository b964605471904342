// Each packet puts off the expiry of its flow. The heap is not touched for that: an entry's key may be earlier than its
// expiry, and is corrected when it gets to the top.

#include <click/elements/nat/flow.h>

namespace xylem::click {

std::string FlowId::text() const {
  return "(" + ip4::print(source) + ", " + std::to_string(sourcePort) + ", " + ip4::print(destination) + ", " +
         std::to_string(destinationPort) + ")";
}

void Flow::settleChanges() {
  auto settle = [](Change& addresses, Change& all, const FlowId& before, const FlowId& after) {
    addresses = Change();
    addresses.add32(before.source.bits, after.source.bits);
    addresses.add32(before.destination.bits, after.destination.bits);
    all = addresses;
    all.add16(before.sourcePort, after.sourcePort);
    all.add16(before.destinationPort, after.destinationPort);
  };
  for (auto way : {FORWARD, REPLY}) settle(addresses[way], all[way], before(way), after(way));
}

void FlowHeap::settle(Heap& heap, size_t place) {
  auto swap = [&](size_t a, size_t b) {
    std::swap(heap[a], heap[b]);
    heap[a]->place = a;
    heap[b]->place = b;
  };
  for (; place > 0 && heap[place]->key < heap[(place - 1) / 2]->key; place = (place - 1) / 2)
    swap(place, (place - 1) / 2);
  while (true) {
    auto least = place;
    for (auto child : {2 * place + 1, 2 * place + 2})
      if (child < heap.size() && heap[child]->key < heap[least]->key) least = child;
    if (least == place) return;
    swap(place, least);
    place = least;
  }
}

void FlowHeap::add(std::unique_ptr<Flow> flow) {
  auto& heap = heaps[flow->isGuaranteed];
  flow->key = flow->expires;
  flow->place = heap.size();
  heap.push_back(std::move(flow));
  settle(heap, heap.size() - 1);
}

std::unique_ptr<Flow> FlowHeap::remove(Flow& flow) {
  auto& heap = heaps[flow.isGuaranteed];
  auto place = flow.place;
  auto removed = std::move(heap[place]);
  if (place + 1 < heap.size()) {
    heap[place] = std::move(heap.back());
    heap[place]->place = place;
  }
  heap.pop_back();
  if (place < heap.size()) settle(heap, place);
  return removed;
}

void FlowHeap::setExpiry(Flow& flow, bool isGuaranteed, Nanoseconds expires) {
  if (flow.isGuaranteed != isGuaranteed) {
    auto moved = remove(flow);
    moved->isGuaranteed = isGuaranteed;
    moved->expires = expires;
    return add(std::move(moved));
  }
  flow.expires = expires;
  if (expires >= flow.key) return;
  flow.key = expires;
  settle(heaps[isGuaranteed], flow.place);
}

Flow* FlowHeap::first(bool isGuaranteed) {
  auto& heap = heaps[isGuaranteed];
  if (heap.empty()) return nullptr;
  while (heap[0]->key != heap[0]->expires) {
    heap[0]->key = heap[0]->expires;
    settle(heap, 0);
  }
  return heap[0].get();
}

std::vector<Flow*> FlowHeap::all() const {
  std::vector<Flow*> out;
  for (auto& heap : heaps)
    for (auto& flow : heap) out.push_back(flow.get());
  return out;
}

}  // namespace xylem::click
