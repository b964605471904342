// AF_XDP: a socket on the device's first queue with four rings over one region of frames, half of them for what comes
// and half for what goes. An XDP program leads frames to it: xdp/steer.bpf.c, or with the fast path xdp/forward.bpf.c,
// which takes the other's place between two frames. The program hangs on a link that the kernel takes away with this
// process, whatever its end; then the kernel has the device again.

#include <bpf/bpf.h>
#include <click/bpf-object.h>
#include <click/checksum.h>
#include <click/device.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

extern "C" const uint8_t xylemSteerStart[], xylemSteerEnd[];

namespace xylem::click {

namespace {

constexpr unsigned RING = 2048, CHUNK = 2048, CHUNKS = 2 * RING, QUEUE = 0;

Nanoseconds wallClock() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * SECOND + now.tv_nsec;
}

class Ring {
  // One ring that is shared with the kernel. Indices run freely; the mask makes them places.
 public:
  ~Ring() {
    if (memory != nullptr) munmap(memory, size);
  }
  bool map(int fd, const xdp_ring_offset& offsets, off_t where, size_t entry) {
    size = offsets.desc + RING * entry;
    auto mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, where);
    if (mapped == MAP_FAILED) return false;
    memory = static_cast<uint8_t*>(mapped);
    producer = reinterpret_cast<uint32_t*>(memory + offsets.producer);
    consumer = reinterpret_cast<uint32_t*>(memory + offsets.consumer);
    flags = reinterpret_cast<uint32_t*>(memory + offsets.flags);
    entries = memory + offsets.desc;
    return true;
  }
  template <typename Entry> Entry& at(uint32_t index) { return static_cast<Entry*>(entries)[index & (RING - 1)]; }
  static uint32_t load(const uint32_t* index) { return __atomic_load_n(index, __ATOMIC_ACQUIRE); }
  static void store(uint32_t* index, uint32_t value) { __atomic_store_n(index, value, __ATOMIC_RELEASE); }
  bool wantsWakeup() const { return load(flags) & XDP_RING_NEED_WAKEUP; }

  uint32_t *producer = nullptr, *consumer = nullptr, *flags = nullptr;

 private:
  uint8_t* memory = nullptr;
  void* entries = nullptr;
  size_t size = 0;
};

class XdpDevice final : public Device {
 public:
  XdpDevice(const std::string& name, unsigned index) : Device(name, index) {}
  ~XdpDevice() override {
    if (link >= 0) close(link);
    if (socket >= 0) close(socket);
    if (frames != nullptr) munmap(frames, size_t(CHUNKS) * CHUNK);
  }

  bool open(const Options& options) {
    settings.keepsHost = options.keepsHost;
    return openSocket() && openProgram();
  }

  int fd() const override { return socket; }

  void receive(Batch& batch) override {
    auto last = Ring::load(incoming.producer), at = *incoming.consumer, filled = *fill.producer;
    auto now = at != last ? wallClock() : 0;
    for (; at != last && !batch.full(); ++at) {
      auto& frame = incoming.at<xdp_desc>(at);
      auto packet = Packet::make({reinterpret_cast<char*>(frames) + frame.addr, frame.len});
      packet->timestamp = now;
      describe(*packet);
      completeChecksum(*packet);
      ++counted.received;
      batch.add(std::move(packet));
      fill.at<uint64_t>(filled++) = frame.addr & ~uint64_t(CHUNK - 1);
    }
    Ring::store(fill.producer, filled);
    Ring::store(incoming.consumer, at);
  }

  unsigned send(Batch& batch) override {
    reclaim();
    auto at = *outgoing.producer;
    auto all = batch.release();
    unsigned taken = 0;
    for (auto packet : all) {
      bool fits = packet->length() <= CHUNK;
      if (fits && free.empty()) {
        batch.add(packet);
        continue;
      }
      if (fits) {
        auto address = free.back();
        free.pop_back();
        memcpy(frames + address, packet->data(), packet->length());
        outgoing.at<xdp_desc>(at++) = {address, packet->length(), 0};
        ++counted.sent;
      }
      ++taken;
      Recycle()(packet);
    }
    Ring::store(outgoing.producer, at);
    return taken;
  }

  void flush() override {
    if (free.size() < RING && outgoing.wantsWakeup()) sendto(socket, nullptr, 0, MSG_DONTWAIT, nullptr, 0);
    reclaim();
  }

  void setHost(std::span<const std::string> addresses) override {
    for (auto [version, bytes] : {std::pair{4, size_t(4)}, std::pair{6, size_t(16)}}) {
      int map = steer->map(version == 4 ? "own4" : "own6");
      std::string key(bytes, '\0');
      std::vector<std::string> former;
      for (void* last = nullptr; bpf_map_get_next_key(map, last, key.data()) == 0; last = former.back().data())
        former.push_back(key);
      uint8_t there = 1;
      for (auto& each : addresses)
        if (each.size() == bytes) bpf_map_update_elem(map, each.data(), &there, BPF_ANY);
      for (auto& each : former)
        if (std::find(addresses.begin(), addresses.end(), each) == addresses.end())
          bpf_map_delete_elem(map, each.data());
    }
  }

  Counts counts() override {
    xdp_statistics statistics{};
    socklen_t size = sizeof statistics;
    if (getsockopt(socket, SOL_XDP, XDP_STATISTICS, &statistics, &size) == 0)
      counted.kernelDrops = statistics.rx_dropped + statistics.rx_ring_full + statistics.rx_fill_ring_empty_descs;
    auto now = counted;
    if (fast != nullptr) addTraffic(now);
    return now;
  }

  bool setFast(FastPath* path, std::string& problem) override {
    if (path == fast && (path == nullptr || path->portOf(index) == settings.port)) return true;
    std::unique_ptr<BpfObject> wanted;
    if (path != nullptr) {
      settings.port = path->portOf(index);
      wanted = settings.port == 0 || !writeSettings() ? nullptr : BpfObject::load(FastPath::PROGRAM, [&](auto map) {
        int own = steer->map(map);
        return own >= 0 ? own : path->map(map);
      });
      if (wanted == nullptr) problem = settings.port == 0 ? "no port of the plane" : strerror(errno);
    }
    if (path != nullptr && wanted == nullptr) return false;
    if (bpf_link_update(link, wanted ? wanted->program("forward") : steer->program("steer"), nullptr) < 0) {
      problem = strerror(errno);
      return false;
    }
    if (fast != nullptr) addTraffic(counted);
    forward = std::move(wanted);
    fast = path;
    return true;
  }

 private:
  bool openSocket() {
    auto memory = mmap(nullptr, size_t(CHUNKS) * CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    frames = static_cast<uint8_t*>(memory);
    socket = ::socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (socket < 0) return false;
    xdp_umem_reg region{};
    region.addr = reinterpret_cast<uintptr_t>(frames);
    region.len = uint64_t(CHUNKS) * CHUNK;
    region.chunk_size = CHUNK;
    auto set = [this](int option, const auto& value) {
      return setsockopt(socket, SOL_XDP, option, &value, sizeof value) == 0;
    };
    xdp_mmap_offsets offsets{};
    socklen_t size = sizeof offsets;
    if (!set(XDP_UMEM_REG, region) || !set(XDP_UMEM_FILL_RING, RING) || !set(XDP_UMEM_COMPLETION_RING, RING) ||
        !set(XDP_RX_RING, RING) || !set(XDP_TX_RING, RING) ||
        getsockopt(socket, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size) < 0)
      return false;
    if (!fill.map(socket, offsets.fr, XDP_UMEM_PGOFF_FILL_RING, sizeof(uint64_t)) ||
        !completed.map(socket, offsets.cr, XDP_UMEM_PGOFF_COMPLETION_RING, sizeof(uint64_t)) ||
        !incoming.map(socket, offsets.rx, XDP_PGOFF_RX_RING, sizeof(xdp_desc)) ||
        !outgoing.map(socket, offsets.tx, XDP_PGOFF_TX_RING, sizeof(xdp_desc)))
      return false;
    for (unsigned i = 0; i < RING; ++i) fill.at<uint64_t>(i) = uint64_t(i) * CHUNK;
    Ring::store(fill.producer, RING);
    for (unsigned i = RING; i < CHUNKS; ++i) free.push_back(uint64_t(i) * CHUNK);
    sockaddr_xdp address{};
    address.sxdp_family = AF_XDP;
    address.sxdp_ifindex = index;
    address.sxdp_queue_id = QUEUE;
    address.sxdp_flags = XDP_USE_NEED_WAKEUP;
    return bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  bool writeSettings() {
    uint32_t zero = 0;
    return bpf_map_update_elem(steer->map("options"), &zero, &settings, BPF_ANY) == 0;
  }

  bool openProgram() {
    steer = BpfObject::load({xylemSteerStart, xylemSteerEnd});
    if (steer == nullptr) return false;
    uint32_t queue = QUEUE;
    if (bpf_map_update_elem(steer->map("sockets"), &queue, &socket, BPF_ANY) < 0) return false;
    // In the driver if that can be, otherwise behind it.
    for (unsigned mode : {XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE}) {
      settings.isGeneric = mode == XDP_FLAGS_SKB_MODE;
      if (!writeSettings()) return false;
      bpf_link_create_opts options{};
      options.sz = sizeof options;
      options.flags = mode;
      link = bpf_link_create(steer->program("steer"), int(index), BPF_XDP, &options);
      if (link >= 0) return true;
    }
    return false;
  }

  void addTraffic(Counts& to) const {
    auto traffic = fast->traffic(index);
    to.fastReceived += traffic.received;
    to.fastSent += traffic.sent;
  }

  void reclaim() {
    auto last = Ring::load(completed.producer), at = *completed.consumer;
    for (; at != last; ++at) free.push_back(completed.at<uint64_t>(at));
    Ring::store(completed.consumer, at);
  }

  int socket = -1, link = -1;
  struct settings settings {};
  std::unique_ptr<BpfObject> steer, forward;
  FastPath* fast = nullptr;
  uint8_t* frames = nullptr;
  Ring fill, completed, incoming, outgoing;
  std::vector<uint64_t> free;
  // Frames for what goes out.
};

}  // namespace

std::unique_ptr<Device> openXdp(const std::string& name, unsigned index, const Device::Options& options,
                                std::string& problem) {
  auto device = std::make_unique<XdpDevice>(name, index);
  if (device->open(options)) return device;
  problem = name + ": " + strerror(errno);
  return nullptr;
}

}  // namespace xylem::click
