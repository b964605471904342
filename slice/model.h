#pragma once
// A slice as its file says it, with all that the file leaves open filled in: what there shall be. Values; two slices
// that compare equal need nothing done between them.

#include <kj/time.h>
#include <net/ip.h>
#include <net/mac.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace xylem::slice {

enum class Plane { KERNEL, CLICK };
enum class Kind { ROUTER, HOST, BIRD, FRR, EXEC };

std::string printKind(Kind kind);

struct Host {
  // A machine that carries nodes.
  std::string name;
  net::Ip4 address;
  bool operator==(const Host&) const = default;
};

struct Limits {
  // Of all processes of a node together.
  uint64_t memory = 64 << 20;
  // Bytes.
  std::optional<double> processors;
  uint32_t weight = 100;
  uint32_t pids = 512;
  uint64_t disk = 16 << 20;
  // Bytes of files, which count as memory too.
  bool operator==(const Limits&) const = default;
};

struct Interface {
  std::string name;
  net::Mac mac;
  std::vector<net::IfAddr> addresses;
  uint32_t mtu = 1500;
  bool operator==(const Interface&) const = default;
};

struct Node {
  std::string name;
  Kind kind = Kind::ROUTER;
  Plane plane = Plane::KERNEL;
  Limits limits;
  std::vector<net::Ip> loopbacks;
  std::vector<Interface> interfaces;
  // Those of links and LANs, in the order of the file.
  std::vector<std::string> command;
  // What runs in it; none for a host and for a Xylem router.
  std::map<std::string, std::string> files;
  // Name below /run/node, and what is in it.
  std::vector<net::Ip> gateways;
  // Default routes.
  std::string host;
  // Empty in a slice that names none.
  bool operator==(const Node&) const = default;

  const Interface* interface(const std::string& name) const;
};

struct Shape {
  // What one direction of a link does to packets.
  uint64_t rate = 0;
  // Bits per second; 0: as fast as it goes.
  kj::Duration delay = 0 * kj::NANOSECONDS, jitter = 0 * kj::NANOSECONDS;
  double loss = 0, duplicate = 0, reorder = 0;
  uint32_t queue = 1000;
  bool operator==(const Shape&) const = default;

  bool needsPlane() const;
  // More than the kernel's shaper does: a user-space link has to carry it.
};

struct End {
  std::string node, interface;
  bool operator==(const End&) const = default;
};

struct Tunnel {
  // What carries a link whose ends are on two hosts.
  enum Kind { VXLAN, EGRE } kind = VXLAN;
  uint32_t key = 0;
  // 24 bits: VXLAN's network number, or GRE's key.
  net::Ip4 addresses[2];
  // Of the hosts of ends[0] and of ends[1].
  bool operator==(const Tunnel&) const = default;

  uint32_t overhead() const { return kind == VXLAN ? 50 : 42; }
  // Bytes that it puts around a packet of the link.
};

struct Link {
  std::string name;
  // As the file names it: "a b".
  End ends[2];
  Shape shapes[2];
  // Of what ends[0] sends, and of what ends[1] sends.
  bool down = false;
  // Cut.
  std::optional<Tunnel> tunnel;
  bool operator==(const Link&) const = default;
};

struct Lan {
  std::string name;
  std::vector<End> members;
  uint32_t mtu = 1500;
  bool operator==(const Lan&) const = default;
};

struct Gate {
  // How a slice and what is outside reach each other: nodes have a device nat0, whose other end is in the namespace
  // between the nodes; from there, one way leads to the machine.
  struct Way {
    std::string node;
    net::Mac mac;
    net::IfAddr address;
    net::Ip gateway;
    uint32_t mtu = 1500;
    bool leaves = false;
    // It may begin connections.
    bool operator==(const Way&) const = default;
  };
  struct Forward {
    std::string protocol;
    uint16_t port = 0;
    std::string node;
    uint16_t to = 0;
    bool operator==(const Forward&) const = default;
  };
  std::string device;
  // Of the machine; empty: that of its default route.
  std::vector<Way> ways;
  std::vector<Forward> forwards;
  bool operator==(const Gate&) const = default;

  const Way* way(const std::string& node) const;
};
constexpr const char* WAY_OUT = "nat0";

struct Setting {
  // A change of a link: a key such as `loss`, and its words, perhaps with an arrow first.
  std::string key;
  std::vector<std::string> words;
  bool operator==(const Setting&) const = default;
};

struct Event {
  kj::Duration at = 0 * kj::NANOSECONDS;
  enum What { LINK_DOWN, LINK_UP, LINK_SHAPE, NODE_STOP, NODE_START, NODE_RESTART, NODE_RUN } what = LINK_DOWN;
  std::string target;
  // Name of a link or a node.
  std::vector<Setting> settings;
  std::vector<std::string> command;
  bool operator==(const Event&) const = default;
};

struct Slice {
  std::string name, owner;
  std::optional<kj::Duration> lease;
  std::vector<Node> nodes;
  std::vector<Link> links;
  std::vector<Lan> lans;
  std::optional<Gate> gate;
  std::vector<Event> events;
  // By time.
  std::vector<Host> hosts;
  // None: all of it is on one machine.
  bool operator==(const Slice&) const = default;

  const Node* node(const std::string& name) const;
  Node* node(const std::string& name);
  const Link* link(const std::string& name) const;
  Link* link(const std::string& name);
  // By its name, or that with the ends exchanged.
  std::vector<int> endsHere(const Link& link) const;
  // Those whose nodes it has: both, or one of a link to another host.
};

std::string set(Link& link, const Setting& setting);
// Changes what the setting names, and nothing else. What is wrong with it, with a remedy; empty: done.

extern const std::vector<std::string> SHAPE_KEYS;
// rate, delay, jitter, loss, duplicate, reorder, queue.

std::string printShape(const Shape& shape);
// "rate 100M delay 13ms"; empty if it does nothing.

}  // namespace xylem::slice
