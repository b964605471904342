#pragma once
// A tun or tap device: the kernel's end is an interface, ours a descriptor of packets.

#include <click/args.h>
#include <click/errors.h>
#include <click/packet.h>

#include <optional>
#include <string>

namespace xylem::click {

class Tap {
 public:
  struct Settings {
    std::string name;
    // Empty: the kernel chooses.
    bool isTap = false;
    std::optional<Ip4Mask> address;
    // Host bits kept; without one, the interface is not brought up.
    Ip4 gateway;
    // It gets the default route, unless it is 0.0.0.0.
    std::optional<Mac> mac;
    int32_t mtu = 1500;
  };
  static constexpr unsigned ETHERNET = 14;

  Tap() = default;
  ~Tap() { close(); }
  Tap(const Tap&) = delete;

  bool open(const Settings& settings, Errors& errors);
  // Creates it, or attaches to one that is there. What another Tap has open is shared, so that a router can take it
  // over from the one before.
  void close();
  int fd() const { return descriptor; }
  const std::string& name() const { return deviceName; }

  PacketPtr read(unsigned headroom, int& error);
  // Null if there is nothing more (error is 0), or if it failed.
  int write(const Packet& packet);
  // 0, or what was wrong.

 private:
  bool share(const Settings& settings);
  bool create(const Settings& settings, Errors& errors);
  bool setUp(const Settings& settings, Errors& errors);

  int descriptor = -1;
  bool isTap = false;
  unsigned longest = 0;
  std::string deviceName;
};

bool readHostPrefix(const std::string& text, Ip4Mask& out, const Reading& reading);
// A format: ADDRESS/LENGTH or ADDRESS/MASK with the host's bits.

}  // namespace xylem::click
