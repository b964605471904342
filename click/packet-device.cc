// A packet socket: a ring of frames that the kernel fills (TPACKET_V2), and sendmmsg for what goes out, past the
// device's queueing discipline. What this host itself sends is not seen. A frame that is longer than a place of the
// ring, which happens where a sender leaves segmentation to its hardware, is announced there and read from the socket
// (PACKET_COPY_THRESH); before each frame lies how it is meant to be cut (PACKET_VNET_HDR).

#include <click/checksum.h>
#include <click/device.h>
#include <click/kernel-guard.h>
#include <click/segmentation.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>

namespace xylem::click {

namespace {

constexpr unsigned FRAME = 2048, BLOCK_SIZE = 1 << 16, BLOCKS = 64, FRAMES = BLOCK_SIZE / FRAME * BLOCKS;

class PacketDevice final : public Device {
 public:
  PacketDevice(const std::string& name, unsigned index) : Device(name, index) {}
  ~PacketDevice() override {
    if (ring != nullptr) munmap(ring, size_t(BLOCK_SIZE) * BLOCKS);
    if (socket >= 0) close(socket);
  }

  bool open(const Options& options) {
    socket = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0) return false;
    int version = TPACKET_V2, one = 1;
    tpacket_req request{BLOCK_SIZE, BLOCKS, FRAME, FRAMES};
    if (setsockopt(socket, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0 ||
        setsockopt(socket, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one) < 0 ||
        setsockopt(socket, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) < 0)
      return false;
    int room = 8 << 20;
    setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    setsockopt(socket, SOL_PACKET, PACKET_COPY_THRESH, &one, sizeof one);
    setsockopt(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
    setsockopt(socket, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
    auto mapped = mmap(nullptr, size_t(BLOCK_SIZE) * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0);
    if (mapped == MAP_FAILED) return false;
    ring = static_cast<uint8_t*>(mapped);
    if (options.isPromiscuous) {
      packet_mreq membership{int(index), PACKET_MR_PROMISC, 0, {}};
      setsockopt(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership);
    }
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = __builtin_bswap16(ETH_P_ALL);
    address.sll_ifindex = int(index);
    return bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  int fd() const override { return socket; }

  void receive(Batch& batch) override {
    for (drain(batch); !batch.full(); drain(batch)) {
      auto frame = ring + size_t(at) * FRAME;
      auto header = reinterpret_cast<tpacket2_hdr*>(frame);
      auto status = __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE);
      if (!(status & TP_STATUS_USER)) return;
      if (status & TP_STATUS_COPY)
        takeLong(frame, *header);
      else if (header->tp_len > header->tp_snaplen)
        ++counted.kernelDrops;
      else
        batch.add(take(frame, *header));
      __atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
      at = (at + 1) % FRAMES;
    }
  }

  unsigned send(Batch& batch) override {
    static HowToCut asItIs{};
    mmsghdr messages[Batch::MOST]{};
    iovec pieces[Batch::MOST][2];
    unsigned count = batch.size();
    for (unsigned i = 0; i < count; ++i) {
      pieces[i][0] = {&asItIs, sizeof asItIs};
      pieces[i][1] = {batch[i].data(), batch[i].length()};
      messages[i].msg_hdr.msg_iov = pieces[i];
      messages[i].msg_hdr.msg_iovlen = 2;
    }
    int sent = sendmmsg(socket, messages, count, MSG_DONTWAIT);
    // What the device will never take is dropped like the rest of what goes wrong on a wire.
    unsigned taken = sent > 0 ? unsigned(sent) : errno == EAGAIN || errno == ENOBUFS ? 0 : 1;
    counted.sent += sent > 0 ? unsigned(sent) : 0;
    auto all = batch.release();
    for (unsigned i = 0; i < count; ++i) {
      if (i < taken)
        Recycle()(all[i]);
      else
        batch.add(all[i]);
    }
    return taken;
  }

  bool setExclusive(bool is, bool keepsHost, std::string& problem) override {
    bool isAlready = guard != nullptr && guard->keepsHost == keepsHost;
    if (!is || !isAlready) guard = nullptr;
    if (is && !isAlready) guard = KernelGuard::open(name, keepsHost, problem);
    return !is || guard != nullptr;
  }
  void setHost(std::span<const std::string> addresses) override {
    if (guard != nullptr) guard->setHost(addresses);
  }

  Counts counts() override {
    tpacket_stats statistics{};
    socklen_t size = sizeof statistics;
    // Reading them resets them.
    if (getsockopt(socket, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0)
      counted.kernelDrops += statistics.tp_drops;
    return counted;
  }

 private:
  PacketPtr take(uint8_t* frame, const tpacket2_hdr& header) {
    auto packet = Packet::make({reinterpret_cast<char*>(frame) + header.tp_mac, header.tp_snaplen});
    complete(*packet, frame, header);
    if (header.tp_status & TP_STATUS_CSUMNOTREADY) completeChecksum(*packet);
    ++counted.received;
    return packet;
  }

  void takeLong(uint8_t* frame, const tpacket2_hdr& header) {
    HowToCut how{};
    iovec pieces[] = {{&how, sizeof how}, {whole.data(), whole.size()}};
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = 2;
    auto length = recvmsg(socket, &message, MSG_DONTWAIT);
    if (length < ssize_t(sizeof how) || (message.msg_flags & MSG_TRUNC)) {
      ++counted.kernelDrops;
      return;
    }
    segment({whole.data(), size_t(length) - sizeof how}, how, [&](PacketPtr packet) {
      complete(*packet, frame, header);
      if (how.type == HowToCut::NOT) completeChecksum(*packet);
      ++counted.received;
      waiting.push_back(std::move(packet));
    });
  }

  void complete(Packet& packet, uint8_t* frame, const tpacket2_hdr& header) const {
    packet.timestamp = header.tp_sec * SECOND + header.tp_nsec;
    describe(packet);
    packet.type = Packet::Type(reinterpret_cast<sockaddr_ll*>(frame + TPACKET_ALIGN(sizeof header))->sll_pkttype);
  }

  void drain(Batch& batch) {
    for (; !waiting.empty() && !batch.full(); waiting.pop_front()) batch.add(std::move(waiting.front()));
  }

  std::deque<PacketPtr> waiting;
  // Pieces of a long frame for which there was no room in a batch.
  std::string whole = std::string(1 << 16 | 256, '\0');
  std::unique_ptr<KernelGuard> guard;
  int socket = -1;
  uint8_t* ring = nullptr;
  unsigned at = 0;
};

}  // namespace

std::unique_ptr<Device> openPacket(const std::string& name, unsigned index, const Device::Options& options,
                                   std::string& problem) {
  auto device = std::make_unique<PacketDevice>(name, index);
  if (device->open(options)) return device;
  problem = name + ": " + strerror(errno);
  return nullptr;
}

}  // namespace xylem::click
