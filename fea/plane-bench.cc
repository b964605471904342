// What the kernel plane costs over a bare netlink loop that writes the same routes, with nexthop objects, in the same
// order and the same number to a system call. Both run in turn, each in a network namespace of its own. Seconds are of
// processor time, and the best of three.
//
//     plane-bench [routes]

#include <capnp/message.h>
#include <fea/kernel-routes.h>
#include <fea/kernel.h>
#include <kj/debug.h>
#include <linux/nexthop.h>
#include <net/if.h>
#include <net/wire.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
#include <vector>

namespace xylem::fea {
namespace {

constexpr uint HOPS = 64, AT_ONCE = 1024;

struct Deaf final : public Forwarder::Listener {
  void linksChanged(kj::ArrayPtr<const kj::String>) override {}
  void lost(kj::ArrayPtr<const net::IpNet>) override { KJ_FAIL_REQUIRE("routes were lost"); }
  void resync(kj::StringPtr reason) override { KJ_FAIL_REQUIRE("a resync", reason); }
  void refused(kj::ArrayPtr<const net::IpNet>, kj::StringPtr reason) override { KJ_FAIL_REQUIRE("refused", reason); }
};

struct Times {
  double install = 1e9, move = 1e9, withdraw = 1e9;
  void best(const Times& other) {
    install = kj::min(install, other.install);
    move = kj::min(move, other.move);
    withdraw = kj::min(withdraw, other.withdraw);
  }
};

double cpuSeconds(kj::FunctionParam<void()> work) {
  // Of this process, the kernel's work for it included: others may share the machine.
  auto now = []() {
    timespec time;
    KJ_SYSCALL(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time));
    return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
  };
  auto begin = now();
  work();
  return now() - begin;
}

std::vector<net::Ip4Net> tableOf(size_t count) {
  // Lengths as in the Internet's table, roughly: most are /24, the rest from /16 on; in order, as a RIB walks it.
  std::mt19937 random(1);
  std::set<net::Ip4Net> nets;
  while (nets.size() < count) {
    uint length = random() % 10 < 6 ? 24 : 16 + random() % 8;
    net::Ip4Net net(net::Ip4{0x01000000 + uint32_t(random() % 0xde000000)}, length);
    nets.insert(net);
  }
  return {nets.begin(), nets.end()};
}

void freshNamespace() {
  KJ_SYSCALL(unshare(CLONE_NEWNET));
  KJ_REQUIRE(system("ip link set lo up; ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up;"
                    "ip addr add 10.9.0.1/16 dev v0; echo 0 > /proc/sys/net/ipv4/nexthop_compat_mode") == 0);
}

uint32_t hopOf(size_t index) { return uint32_t(index * 7919 % HOPS); }
net::Ip4 gatewayOf(uint32_t hop) { return net::Ip4::of(10, 9, 1, uint8_t(hop + 1)); }

// ---- the bare loop

class Bare {
 public:
  Bare() : buffer(64 << 10) {}

  void hop(uint32_t id, net::Ip gateway) {
    nhmsg header{};
    header.nh_family = AF_INET;
    header.nh_flags = RTNH_F_ONLINK;
    Message message(RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_REPLACE, header);
    message.put(NHA_ID, id);
    message.put(NHA_GATEWAY, gateway);
    message.put(NHA_OIF, uint32_t(if_nametoindex("v0")));
    KJ_REQUIRE(netlink.request(message) == nullptr);
  }
  void route(size_t size) {
    message.header.nlmsg_len = uint32_t(size);
    message.header.nlmsg_seq = ++sequence;
    memcpy(buffer.data() + used, &message, size);
    last = used;
    used += size;
    if (++count == 256) flush();
  }
  void flush() {
    if (count == 0) return;
    reinterpret_cast<nlmsghdr*>(buffer.data() + last)->nlmsg_flags |= NLM_F_ACK;
    netlink.send(kj::arrayPtr(buffer.data(), used));
    bool done = false;
    while (!done) {
      auto state = netlink.receive([&](const nlmsghdr& answer) {
        KJ_REQUIRE(readRefusal(answer).error == 0);
        done = answer.nlmsg_seq == sequence;
      });
      KJ_REQUIRE(state == Netlink::Received::MESSAGES);
    }
    used = count = 0;
  }

  RouteMessage<net::Ip4> message{177, 300};

 private:
  Netlink netlink;
  std::vector<kj::byte> buffer;
  size_t used = 0, count = 0, last = 0;
  uint32_t sequence = 1000;
};

Times runBare(const std::vector<net::Ip4Net>& table, const std::vector<uint32_t>& order) {
  freshNamespace();
  Bare bare;
  for (uint32_t hop = 0; hop < HOPS; ++hop) bare.hop(hop + 1, gatewayOf(hop));
  Times times;
  times.install = cpuSeconds([&]() {
    for (size_t i = 0; i < table.size(); ++i) bare.route(bare.message.install(table[i], hopOf(i) + 1));
    bare.flush();
  });
  times.move = cpuSeconds([&]() { bare.hop(1, net::Ip4::of(10, 9, 2, 2)); });
  times.withdraw = cpuSeconds([&]() {
    for (auto i : order) bare.route(bare.message.withdraw(table[i]));
    bare.flush();
  });
  return times;
}

// ---- the plane

using Batches = std::vector<kj::Own<capnp::MallocMessageBuilder>>;

rib::Batch::Builder add(Batches& batches) {
  batches.push_back(kj::heap<capnp::MallocMessageBuilder>(AT_ONCE * 8));
  return batches.back()->initRoot<rib::Batch>();
}

void write(rib::NextHopGroup::Builder to, uint32_t id, net::Ip gateway) {
  to.setId(id);
  auto hop = to.initHops(1)[0];
  hop.setInterface("v0");
  net::write(gateway, hop.initGateway());
}

template <typename Route> void fill(Batches& batches, size_t count, Route&& route) {
  for (size_t begin = 0; begin < count; begin += AT_ONCE) {
    auto size = kj::min(count - begin, size_t(AT_ONCE));
    auto routes = add(batches).initRoutes(uint(size));
    for (size_t i = 0; i < size; ++i) {
      auto [net, hop] = route(begin + i);
      auto parts = net::partsOf(net::Ip4Net(net));
      routes[uint(i)].setVersion(4);
      routes[uint(i)].setLength(parts.length);
      routes[uint(i)].setLow(parts.low);
      routes[uint(i)].setNextHop(hop);
    }
  }
}

Times runPlane(xrl::Loop& loop, const std::vector<net::Ip4Net>& table, const std::vector<uint32_t>& order) {
  freshNamespace();
  Batches installs, moves, withdrawals;
  auto groups = add(installs).initGroups(HOPS);
  for (uint32_t hop = 0; hop < HOPS; ++hop) write(groups[hop], hop + 1, gatewayOf(hop));
  fill(installs, table.size(), [&](size_t i) { return std::pair(table[i], hopOf(i) + 1); });
  write(add(moves).initGroups(1)[0], 1, net::Ip4::of(10, 9, 2, 2));
  fill(withdrawals, table.size(), [&](size_t i) { return std::pair(table[order[i]], 0u); });

  Deaf listener;
  auto plane = openKernel(loop, listener);
  plane->beginSync().wait(loop.waitScope());
  auto push = [&](Batches& batches) {
    return cpuSeconds([&]() {
      for (auto& batch : batches) plane->push(batch->getRoot<rib::Batch>().asReader()).wait(loop.waitScope());
    });
  };
  Times times;
  times.install = push(installs);
  times.move = push(moves);
  times.withdraw = push(withdrawals);
  auto counts = plane->counters();
  KJ_REQUIRE(counts.installs == table.size() && counts.withdrawals == table.size() && counts.errors == 0);
  return times;
}

void print(const char* what, double plane, double bare, size_t count) {
  printf("%-28s %8.3f s  %8.3f s   %8.0f/s   %.2f times\n", what, plane, bare, double(count) / plane, plane / bare);
}

void run(size_t count) {
  xrl::Loop loop;
  auto table = tableOf(count);
  // Withdrawn in several passes: in ascending order the kernel is several times slower.
  std::vector<uint32_t> order;
  for (uint32_t pass = 0; pass < 16; ++pass)
    for (uint32_t i = pass; i < table.size(); i += 16) order.push_back(i);
  Times bare, plane;
  for (int round = 0; round < 3; ++round) {
    bare.best(runBare(table, order));
    plane.best(runPlane(loop, table, order));
  }
  printf("%zu IPv4 routes, %u next hops%15s %11s\n", count, HOPS, "plane", "bare loop");
  print("install", plane.install, bare.install, count);
  print("one next hop moves", plane.move, bare.move, 1);
  print("withdraw", plane.withdraw, bare.withdraw, count);
}

}  // namespace
}  // namespace xylem::fea

int main(int argc, char** argv) {
  xylem::fea::run(argc > 1 ? size_t(atol(argv[1])) : 1000000);
  return 0;
}
