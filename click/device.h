#pragma once
// A network device as the click plane has it: frames in, frames out.
//
// There are two ways. XDP takes frames before the kernel sees them (AF_XDP, in copy mode where the driver knows no
// better); PACKET is a socket beside the kernel, which sees them too unless it is kept from it. A device is opened once
// in a process: elements, also those of a graph that is about to replace another, share it.

#include <click/batch.h>
#include <click/fast-path.h>

#include <memory>
#include <span>
#include <string>

namespace xylem::click {

class Device {
 public:
  enum class Method { XDP, PACKET };

  struct Options {
    Method method = Method::XDP;
    bool keepsHost = false;
    // XDP: what is for this host itself goes on to the kernel.
    bool isPromiscuous = false;
  };

  static std::shared_ptr<Device> open(const std::string& name, const Options& options, std::string& problem);
  // Null if it cannot be had; then `problem` says why.
  static std::shared_ptr<Device> find(const std::string& name, Method method);
  // If somebody has it open.

  virtual ~Device() = default;
  virtual int fd() const = 0;
  // Readable when there are frames.
  virtual void receive(Batch& batch) = 0;
  // As many as there are and fit; with timestamp, packet type and device set.
  virtual unsigned send(Batch& batch) = 0;
  // How many were taken. Those stay in `batch` that find no room now.
  virtual void flush() {}
  // Sends what was taken.
  virtual bool setExclusive(bool is, bool keepsHost, std::string& problem) { return true; }
  // PACKET: the kernel gets no frames of it any more, or with keepsHost those that concern this host itself. False if
  // that cannot be.
  virtual void setHost(std::span<const std::string> addresses) {}
  // These addresses are the host's own (network order, 4 or 16 bytes each).
  virtual bool setFast(FastPath* path, std::string& problem);
  // XDP: plain packets go that path from now on; null: none does. False if that cannot be; then `problem` says why.

  struct Counts {
    uint64_t received = 0, sent = 0, kernelDrops = 0;
    uint64_t fastReceived = 0, fastSent = 0;
    // Those that went the fast path: no part of the above.
  };
  virtual Counts counts() { return counted; }
  const std::string name;
  const unsigned index;

 protected:
  Device(std::string name, unsigned index) : name(std::move(name)), index(index) {}
  void describe(Packet& packet) const;
  // Type and MAC header of a frame that was received.

  Counts counted;
};

std::unique_ptr<Device> openXdp(const std::string& name, unsigned index, const Device::Options& options,
                                std::string& problem);
std::unique_ptr<Device> openPacket(const std::string& name, unsigned index, const Device::Options& options,
                                   std::string& problem);

}  // namespace xylem::click
