#pragma once
// Frames that a sender left to its hardware to be cut (TSO, USO), cut as the hardware would: what comes from a packet
// socket beside the kernel may be as long as 64 KiB (linux/virtio_net.h tells how it is meant to be cut).

#include <click/packet.h>

#include <functional>

namespace xylem::click {

struct HowToCut {
  // The first ten bytes of `virtio_net_hdr`, in the machine's order (linux/virtio_net.h, which is no C++).
  uint8_t flags = 0, type = 0;
  uint16_t headerLength = 0, size = 0, checksumStart = 0, checksumOffset = 0;
  // `size` of the payload in each segment.

  static constexpr uint8_t NOT = 0, TCP4 = 1, TCP6 = 4, UDP = 5;
  // Types.
};

void segment(std::string_view frame, const HowToCut& how, const std::function<void(PacketPtr)>& each);
// In order. A frame that is not to be cut, or is not what it is said to be, comes whole. Checksums are complete, if
// there were several.

}  // namespace xylem::click
