#pragma once
// Which devices take frames that another device's driver hands over (ndo_xdp_xmit). A virtual one does while its other
// end has a program or GRO; others always or never. The kernel tells it, and its changes, from Linux 6.3 on (generic
// netlink family netdev); before, virtual Ethernet is thought not to and everything else to do so.

#include <cstdint>
#include <functional>

namespace xylem::click {

class XdpFeatures {
 public:
  XdpFeatures();
  ~XdpFeatures();
  XdpFeatures(const XdpFeatures&) = delete;

  bool takesFrames(uint32_t interface);
  int fd() const { return events; }
  // Readable when something has changed; -1 if nobody tells.
  bool drain();
  // Reads what has changed; true if something has.

 private:
  bool findFamily();
  bool ask(uint16_t type, uint8_t command, uint16_t attribute, const void* value, uint16_t size,
           const std::function<void(const uint8_t* attributes, size_t size)>& answer);

  int requests = -1, events = -1;
  uint16_t family = 0;
  uint32_t group = 0;
  // 0: the kernel does not know them.
};

}  // namespace xylem::click
