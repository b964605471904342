// The pool is a list of free blocks that only grows, up to what was once in use at the same time.

#include <click/packet.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace xylem::click {

namespace {

struct Pool {
  static constexpr size_t GROWTH = 64;
  Packet* free = nullptr;
  size_t inUse = 0;
};

Pool pool;

constexpr unsigned INSIDE = Packet::BLOCK - sizeof(Packet);

}  // namespace

size_t PacketPool::inUse() { return pool.inUse; }

Packet* Packet::obtain(unsigned room) {
  if (pool.free == nullptr) {
    auto slab = static_cast<uint8_t*>(aligned_alloc(64, Pool::GROWTH * BLOCK));
    if (slab == nullptr) throw std::bad_alloc();
    for (size_t i = 0; i < Pool::GROWTH; ++i) {
      auto packet = new (slab + i * BLOCK) Packet;
      packet->next = pool.free;
      pool.free = packet;
    }
  }
  auto block = pool.free;
  pool.free = block->next;
  ++pool.inUse;
  auto packet = new (block) Packet;
  if (room <= INSIDE) {
    packet->buffer = reinterpret_cast<uint8_t*>(packet + 1);
    packet->capacity = INSIDE;
  } else {
    packet->buffer = static_cast<uint8_t*>(malloc(room));
    if (packet->buffer == nullptr) throw std::bad_alloc();
    packet->capacity = room;
    packet->isApart = true;
  }
  return packet;
}

void Recycle::operator()(Packet* packet) const {
  if (packet->isApart) free(packet->buffer);
  packet->isApart = false;
  packet->next = pool.free;
  pool.free = packet;
  --pool.inUse;
}

PacketPtr Packet::make(unsigned length, unsigned headroom, unsigned tailroom) {
  auto packet = obtain(headroom + length + tailroom);
  packet->begin = packet->buffer + headroom;
  packet->size = length;
  return PacketPtr(packet);
}

PacketPtr Packet::make(std::string_view bytes, unsigned headroom, unsigned tailroom) {
  auto packet = make(unsigned(bytes.size()), headroom, tailroom);
  if (!bytes.empty()) memcpy(packet->data(), bytes.data(), bytes.size());
  return packet;
}

PacketPtr Packet::clone() const {
  auto copy =
      make(bytes(), headroom(), std::min(tailroom(), INSIDE > headroom() + size ? INSIDE - headroom() - size : 0));
  auto moved = copy->begin - begin;
  copy->macHeader = macHeader ? macHeader + moved : nullptr;
  copy->networkHeader = networkHeader ? networkHeader + moved : nullptr;
  copy->transportHeader = transportHeader ? transportHeader + moved : nullptr;
  copy->copyAnnotations(*this);
  // Headers that were stripped are in the headroom, and may be unstripped.
  memcpy(copy->buffer, buffer, headroom());
  return copy;
}

void Packet::move(uint8_t* to, unsigned headroom, unsigned room) {
  // The bytes, and as much as fits of the headroom, go to another buffer or another place of this one.
  auto kept = std::min(headroom, this->headroom());
  auto target = to + headroom;
  memmove(target - kept, begin - kept, kept + size);
  auto moved = target - begin;
  if (macHeader) macHeader += moved;
  if (networkHeader) networkHeader += moved;
  if (transportHeader) transportHeader += moved;
  begin = target;
  if (to == buffer) return;
  if (isApart) free(buffer);
  isApart = true;
  buffer = to;
  capacity = room;
}

void Packet::reserve(unsigned front, unsigned behind) {
  if (front <= headroom() && behind <= tailroom()) return;
  auto headroom = std::max(front, std::min(this->headroom(), HEADROOM));
  auto room = headroom + size + std::max(behind, std::min(tailroom(), HEADROOM));
  if (room <= capacity) return move(buffer, headroom, capacity);
  auto bigger = static_cast<uint8_t*>(malloc(room));
  if (bigger == nullptr) throw std::bad_alloc();
  move(bigger, headroom, room);
}

void Packet::push(unsigned count) {
  if (count > headroom()) reserve(count + HEADROOM, 0);
  begin -= count;
  size += count;
}

void Packet::put(unsigned count) {
  if (count > tailroom()) reserve(0, count + HEADROOM);
  size += count;
}

void Packet::shift(int offset) {
  if (offset < 0 && unsigned(-offset) > headroom()) reserve(unsigned(-offset), 0);
  if (offset > 0 && unsigned(offset) > tailroom()) reserve(0, unsigned(offset));
  move(buffer, unsigned(int(headroom()) + offset), capacity);
}

void Packet::copyAnnotations(const Packet& from) {
  memcpy(area, from.area, sizeof area);
  timestamp = from.timestamp;
  device = from.device;
  type = from.type;
}

void Packet::clearAnnotations() {
  memset(area, 0, sizeof area);
  timestamp = 0;
  device = 0;
  type = Type::HOST;
}

}  // namespace xylem::click
