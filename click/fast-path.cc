// The kernel's side of the plane's tables. A slot is a word and changes at once; memory that grows is copied, and the
// copy takes the place of what was there before in one step, after which nobody reads the former one any more: the
// kernel waits for that (synchronize_rcu) when an inner map is replaced, and on membarrier.

#include <bpf/bpf.h>
#include <click/fast-path.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

extern "C" const uint8_t xylemForwardStart[], xylemForwardEnd[];

namespace xylem::click {

namespace {

constexpr size_t BLOCK_BYTES = SLOTS_PER_BLOCK * sizeof(uint32_t);

size_t perCpu() { return size_t(libbpf_num_possible_cpus()); }

link_address keyOf(uint32_t interface, net::Ip address) {
  link_address key{};
  key.interface = interface;
  if (address.is4()) {
    key.address[10] = key.address[11] = 0xff;
    address.v4().toBytes(key.address + 12);
  } else {
    address.v6().toBytes(key.address);
  }
  return key;
}

}  // namespace

class FastPath::SharedSlots final : public Slots {
 public:
  SharedSlots(int tables, uint32_t place) : tables(tables), place(place) {}
  ~SharedSlots() override {
    bpf_map_delete_elem(tables, &place);
    drop();
  }
  void grow(size_t wanted) override {
    if (wanted <= count) return;
    wanted = std::max(wanted, 2 * count);
    bpf_map_create_opts options{};
    options.sz = sizeof options;
    options.map_flags = BPF_F_MMAPABLE | BPF_F_INNER_MAP;
    int made =
        bpf_map_create(BPF_MAP_TYPE_ARRAY, "xylem_slots", sizeof(uint32_t), BLOCK_BYTES, uint32_t(wanted), &options);
    if (made < 0) throw std::bad_alloc();
    auto memory = mmap(nullptr, wanted * BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, made, 0);
    if (memory == MAP_FAILED) {
      close(made);
      throw std::bad_alloc();
    }
    if (count > 0) memcpy(memory, slots, count * BLOCK_BYTES);
    bpf_map_update_elem(tables, &place, &made, BPF_ANY);
    drop();
    fd = made;
    slots = static_cast<uint32_t*>(memory);
    count = wanted;
  }
  void settle() override { syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0); }

 private:
  void drop() {
    if (fd < 0) return;
    munmap(slots, count * BLOCK_BYTES);
    close(fd);
  }

  int tables, fd = -1;
  uint32_t place;
};

const BpfObject::Code FastPath::PROGRAM{xylemForwardStart, xylemForwardEnd};

std::unique_ptr<FastPath> FastPath::open(std::string& problem) {
  std::unique_ptr<FastPath> path(new FastPath);
  path->object = BpfObject::load(PROGRAM);
  if (path->object == nullptr) {
    problem = std::string("the kernel refuses the program: ") + strerror(errno);
    return nullptr;
  }
  for (uint32_t row = ROWS; row > 0; --row) path->freeRows.push_back(row - 1);
  return path;
}

std::unique_ptr<Slots> FastPath::slots(unsigned set, unsigned table) {
  return std::make_unique<SharedSlots>(object->map("tables"), set * TABLES + table);
}

void FastPath::write(const char* map, uint32_t place, const void* value) {
  bpf_map_update_elem(object->map(map), &place, value, BPF_ANY);
}

void FastPath::use(uint32_t set) {
  write("present", 0, &set);
  syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

// ---- groups and hops

uint32_t FastPath::code(const NextHopGroup& group, const Neighborhood& known) {
  if (group.kind != NextHopGroup::HOPS || group.hops.empty()) return 0;
  if (group.hops.size() == 1) return hop(group.hops[0], known);
  if (group.shares.empty() || freeRows.empty()) return 0;
  row all;
  for (uint32_t i = 0; i < ROW; ++i) all.hops[i] = uint16_t(hop(group.pick(i), known));
  auto number = freeRows.back();
  freeRows.pop_back();
  write("rows", number, &all);
  return GROUP_IS_ROW | number;
}

void FastPath::release(uint32_t code) {
  if (code & GROUP_IS_ROW) freeRows.push_back(code & ~GROUP_IS_ROW);
}

uint32_t FastPath::hop(const NextHop& next, const Neighborhood& known) {
  HopKey key{next.interface, next.gateway};
  if (auto found = hops.find(key); found != hops.end()) return found->second;
  if (hops.size() + 1 == HOPS) return 0;
  auto number = uint32_t(hops.size() + 1);
  hops[key] = number;
  writeHop(key, number, known);
  return number;
}

void FastPath::writeHop(const HopKey& key, uint32_t number, const Neighborhood& known) {
  auto [interface, gateway] = key;
  ::hop hop{};
  hop.port = uint8_t(portOf(interface));
  auto mac = gateway.isNone() ? nullptr : known.neighbor(interface, gateway);
  if (hop.port == 0)
    hop.kind = HOP_SLOW;
  else if (gateway.isNone())
    hop.kind = HOP_ON_LINK;
  else if (mac != nullptr) {
    hop.kind = HOP_NEIGHBOR;
    mac->toBytes(hop.mac);
  }
  write("hops", number, &hop);
}

void FastPath::setNeighbor(uint32_t interface, net::Ip address, const Neighborhood& known) {
  auto key = keyOf(interface, address);
  ::hop hop{};
  if (auto mac = known.neighbor(interface, address)) {
    mac->toBytes(hop.mac);
    bpf_map_update_elem(object->map("neighbors"), &key, &hop, BPF_ANY);
  } else {
    bpf_map_delete_elem(object->map("neighbors"), &key);
  }
  auto found = hops.find({interface, address});
  if (found != hops.end()) writeHop(found->first, found->second, known);
}

// ---- ports

uint32_t FastPath::portOf(uint32_t interface) const {
  auto found = numbers.find(interface);
  return found == numbers.end() ? 0 : found->second;
}

void FastPath::setPorts(const std::vector<Port>& wanted, const Neighborhood& known) {
  auto isWanted = [&](uint32_t interface) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const Port& port) { return port.index == interface; });
  };
  static const port NONE{};
  for (auto each = numbers.begin(); each != numbers.end();) {
    if (isWanted(each->first)) {
      ++each;
      continue;
    }
    write("ports", each->second, &NONE);
    ports.erase(each->second);
    each = numbers.erase(each);
  }
  for (auto& port : wanted) {
    auto number = portOf(port.index);
    if (number == 0) number = newPort(port.index);
    if (number == 0) continue;
    ports[number].mac = port.mac;
    ports[number].mtu = uint16_t(std::min<uint32_t>(port.mtu, 0xffff));
    ports[number].interface = port.index;
    writePort(number);
  }
  for (auto& [key, number] : hops) writeHop(key, number, known);
}

uint32_t FastPath::newPort(uint32_t interface) {
  // The one after the last that was new, so that a number rests before it means another port.
  for (uint32_t tried = 1; tried < PORTS; ++tried) {
    lastPort = lastPort % (PORTS - 1) + 1;
    if (ports.count(lastPort) > 0) continue;
    std::vector<::traffic> nothing(perCpu());
    write("traffic", lastPort, nothing.data());
    return numbers[interface] = lastPort;
  }
  return 0;
}

void FastPath::writePort(uint32_t number) {
  auto& known = ports[number];
  port port{};
  port.interface = known.interface;
  port.mtu = known.mtu;
  port.takesFrames = known.takesFrames;
  known.mac.toBytes(port.mac);
  write("ports", number, &port);
}

void FastPath::setTakesFrames(uint32_t interface, bool does) {
  auto number = portOf(interface);
  if (number == 0 || ports[number].takesFrames == does) return;
  ports[number].takesFrames = does;
  writePort(number);
}

FastPath::Traffic FastPath::traffic(uint32_t interface) const {
  auto number = portOf(interface);
  std::vector<::traffic> each(perCpu());
  Traffic sum;
  if (number == 0 || bpf_map_lookup_elem(object->map("traffic"), &number, each.data()) < 0) return sum;
  for (auto& one : each) {
    sum.received += one.received;
    sum.sent += one.sent;
  }
  return sum;
}

}  // namespace xylem::click
