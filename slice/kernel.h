#pragma once
// What a slice is made of in the kernel: namespaces, and devices, addresses and routes in them. Each call does one
// thing and throws, with words for people, if the kernel does not.
//
// All devices are made in the namespaces that they belong to, never in the one of the machine.

#include <kj/io.h>
#include <slice/model.h>
#include <slice/netlink.h>

#include <string>
#include <vector>

namespace xylem::slice {

kj::AutoCloseFd openPath(const std::string& path, int flags);

class Inside {
  // This thread is in that network namespace for as long as this lives.
 public:
  explicit Inside(int network);
  ~Inside() noexcept(false);
  KJ_DISALLOW_COPY(Inside);

 private:
  kj::AutoCloseFd before;
};

const std::string& namespaceFolder();
// /run/netns, where `ip netns` looks; of one without rights a folder beside his slices, whose mounts only they see.

void prepareNamespaceFolder();
// As `ip netns add` does: a mount of its own, so that it can be let go as a whole.

bool removeNamespace(const std::string& name);
// With all devices in it, once no process is left there. False if it is not there.

class UserNamespace {
  // In which user 0 is an ordinary user of the machine, and 65536 users are its own; of one without rights, one.
 public:
  UserNamespace(uint32_t firstUser, const std::string& path);
  // Made, and kept by a mount on the file of that path.

  std::string path;
};

class NamespaceMaker {
  // Makes network namespaces that belong to a user namespace.
 public:
  explicit NamespaceMaker(int user);
  ~NamespaceMaker() noexcept(false);
  KJ_DISALLOW_COPY(NamespaceMaker);

  void make(const std::string& name);

 private:
  kj::AutoCloseFd socket;
  pid_t child = 0;
};

void setDefaults();
// In a namespace without interfaces yet: what all that come will have. No router solicitations, no duplicate address
// detection, addresses stay when a link is down.

void makeVeth(Netlink& netlink, const Interface& a, int networkA, const Interface& b, int networkB);
// A pair of devices, each in its namespace, down, without addresses.

void makeVxlan(Netlink& netlink, const Interface& device, int network, const Tunnel& tunnel, int end);
// The device of that end of a tunnel, whose packets leave by the namespace that the thread is in.

Interface plain(const std::string& name, uint32_t mtu);
// A device without addresses, for the inside of a link.

void makeBridge(Netlink& netlink, const std::string& name, uint32_t mtu);
void enslave(Netlink& netlink, const std::string& device, const std::string& bridge);

int indexOf(const std::string& device);
// In the namespace that the thread is in; 0 if there is none.

void removeDevice(Netlink& netlink, const std::string& device);
// Nothing if it is not there.

void setUp(Netlink& netlink, const std::string& device, bool up);
void addAddress(Netlink& netlink, const std::string& device, const net::IfAddr& address);
void removeAddresses(Netlink& netlink, const std::string& device);
// All but link-local ones, and those of the loopback network.
void setGateway(Netlink& netlink, const net::Ip& gateway);
void setGatewayOfMark(Netlink& netlink, const net::Ip& gateway, uint32_t mark);
// Of IPv4 packets with that mark, by the table of that number.
void setRate(Netlink& netlink, const std::string& device, const Shape& shape, uint32_t mtu);
// By a token bucket; none if the shape has no rate.
void setOffload(const std::string& device, bool on);
// Of checksums and segmentation: what user space sends on must be whole.

void writeFile(const std::string& path, const std::string& text);
// In place of what is there; for files of /proc and /sys.

}  // namespace xylem::slice
