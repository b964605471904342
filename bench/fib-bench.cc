// The forwarding table: a full Internet table from an origin through RIB and FEA into the kernel, then one next hop
// moved, one route more and one less, all withdrawn; each beside a bare netlink loop that writes the same routes.
//
//     bench-fib [--table FILE]      FILE of lines `prefix origin-as ...` in place of a generated table
//
// Router and bare loop each have a fresh network namespace. Bare routes are withdrawn in 4 passes, since in address
// order the kernel is many times slower. Time ends when the kernel itself counts all routes.
// Three rounds by turns; wall times are the best, single routes those of all rounds, the rest is of the first.

#include <bench/bare.h>
#include <bench/table.h>
#include <fcntl.h>
#include <fea/fea.capnp.h>
#include <kj/debug.h>
#include <net/trie.h>
#include <net/wire.h>
#include <rib/rib.capnp.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xrl/process.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <map>
#include <string>
#include <utility>

namespace xylem::bench {
namespace {

constexpr uint HOPS = 64, BATCH = 2048, SINGLES = 1000, ROUNDS = 3;
constexpr auto POLL = 2 * kj::MILLISECONDS, PATIENCE = 300 * kj::SECONDS;

using Clock = std::chrono::steady_clock;
double cpu() { return double(clock()) / CLOCKS_PER_SEC; }
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Hops have the ids 1 to HOPS for IPv4, and as many behind these for IPv6.
uint32_t hopOf(const Route& route) { return 1 + route.origin * 2654435761u % HOPS + (route.net.is6() ? HOPS : 0); }
net::Ip gatewayOf(uint32_t hop, bool moved = false) {
  auto last = uint8_t((hop - 1) % HOPS + (moved ? 101 : 1));
  if (hop <= HOPS) return net::Ip4::of(10, 9, 1, last);
  return net::Ip6{0x20010db800090000, last};
}
net::Ip4Net single(uint i) { return net::Ip4Net(net::Ip4::of(10, 77, uint8_t(i % 250), 0), 24); }

struct Times {
  double install = 0, move = 0, withdraw = 0;
  double cpuInstall = 0, cpuWithdraw = 0;
  // Of the bare loop.
  std::vector<double> single;
  void best(const Times& other) {
    install = std::min(install, other.install);
    move = std::min(move, other.move);
    withdraw = std::min(withdraw, other.withdraw);
    single.insert(single.end(), other.single.begin(), other.single.end());
  }
  double quantile(double of) {
    std::sort(single.begin(), single.end());
    return single[size_t(double(single.size() - 1) * of)];
  }
};

struct Usage {
  double cpu = 0;
  // Seconds.
  double memory = 0;
  // Bytes of its own.
};

template <typename Done> void until(xrl::Loop& loop, Done done) {
  auto deadline = loop.timer().now() + PATIENCE;
  while (!done()) {
    KJ_REQUIRE(loop.timer().now() < deadline, "waited in vain");
    loop.timer().afterDelay(POLL).wait(loop.waitScope());
  }
}

void freshNamespace(xrl::Loop& loop) {
  KJ_SYSCALL(unshare(CLONE_NEWNET));
  KJ_REQUIRE(system("ip link set lo up; ip link add v0 type veth peer name v1;"
                    "ip link set v0 addrgenmode none up; ip link set v1 addrgenmode none up;"
                    "ip addr add 10.9.0.1/16 dev v0; ip addr add 2001:db8:9::1:1/64 dev v0 nodad;"
                    "echo 0 > /proc/sys/net/ipv4/nexthop_compat_mode;"
                    "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding;"
                    "echo 4194304 > /proc/sys/net/ipv6/route/max_size") == 0);
  // The links bring routes of their own when they have noticed their carrier.
  auto seen = ip6Routes();
  uint quiet = 0;
  until(loop, [&]() {
    auto now = ip6Routes();
    quiet = std::exchange(seen, now) == now ? quiet + 1 : 0;
    return quiet == 100;
  });
}

// ---- the bare loop

Times runBare(xrl::Loop& loop, const Table& table) {
  freshNamespace(loop);
  Times times;
  BareLoop bare;
  for (uint32_t hop = 1; hop <= 2 * HOPS; ++hop) bare.hop(hop, gatewayOf(hop), "v0");
  auto base4 = ip4Routes(), base6 = ip6Routes();

  auto start = Clock::now();
  auto cpuStart = cpu();
  for (auto& route : table) bare.install(route.net, hopOf(route));
  bare.flush();
  times.install = since(start);
  times.cpuInstall = cpu() - cpuStart;
  KJ_REQUIRE(ip4Routes() - base4 + ip6Routes() - base6 == table.size());

  {
    Watch watch;
    start = Clock::now();
    bare.hop(1, gatewayOf(1, true), "v0");
    watch.untilNexthop();
    times.move = since(start);
    for (uint i = 0; i < SINGLES; ++i) {
      start = Clock::now();
      bare.install(single(i), 1);
      bare.flush();
      watch.untilRoute(true, single(i));
      times.single.push_back(since(start));
      bare.withdraw(single(i));
      bare.flush();
      watch.untilRoute(false, single(i));
    }
  }

  start = Clock::now();
  cpuStart = cpu();
  auto ip6 = std::partition_point(table.begin(), table.end(), [](const Route& route) { return route.net.is4(); });
  auto count4 = size_t(ip6 - table.begin());
  for (size_t pass = 0; pass < 4; ++pass)
    for (size_t i = pass; i < count4; i += 4) bare.withdraw(table[i].net);
  for (size_t i = count4; i < table.size(); ++i) bare.withdraw(table[i].net);
  bare.flush();
  times.withdraw = since(start);
  times.cpuWithdraw = cpu() - cpuStart;
  return times;
}

// ---- the router

class Router {
 public:
  explicit Router(xrl::Loop& loop) : loop(loop) {
    auto directory = kj::str("/run/xylem/bench");
    {
      std::ofstream config("/run/bench.conf");
      config << "rib {\n}\n";
    }
    KJ_SYSCALL(pid = fork());
    if (pid == 0) {
      char self[512]{};
      KJ_SYSCALL(readlink("/proc/self/exe", self, sizeof self - 1));
      auto build = getenv("XYLEM_BUILD");
      auto folder = build != nullptr ? std::string(build) : std::string(self).substr(0, std::string(self).rfind('/'));
      execl((folder + "/xylem").c_str(), "xylem", "run", "/run/bench.conf", "--name", "bench", "--log", "warn",
            nullptr);
      _exit(127);
    }
    process = kj::heap<xrl::Process>(loop, kj::mv(directory), kj::str("bench"), nullptr);
    serving = process->serve().eagerlyEvaluate(nullptr);
    connection = process->connect("rib", true).wait(loop.waitScope());
    auto request = connection->bootstrap().castAs<xrl::Services>().getRequest();
    request.setInterface("Rib");
    rib = request.send().getService().castAs<rib::Rib>();
    process->connect("fea", true).wait(loop.waitScope());
    findProcesses();
  }
  ~Router() {
    kill(pid, SIGTERM);
    waitpid(pid, nullptr, 0);
  }

  rib::Rib::Origin::Client offer() {
    auto request = rib.originRequest();
    request.setDistance(20);
    return request.send().wait(loop.waitScope()).getOrigin();
  }

  Usage usage(const char* name) {
    auto folder = "/proc/" + std::to_string(pids[name]);
    Usage usage;
    std::ifstream stat(folder + "/stat");
    std::string text;
    std::getline(stat, text);
    unsigned long user, system;
    sscanf(text.c_str() + text.rfind(')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    usage.cpu = double(user + system) / double(sysconf(_SC_CLK_TCK));
    std::ifstream memory(folder + "/smaps_rollup");
    while (std::getline(memory, text))
      if (text.find("Private_Dirty:") == 0) usage.memory = 1024 * strtod(text.c_str() + 14, nullptr);
    return usage;
  }

  xrl::Loop& loop;

 private:
  void findProcesses() {
    auto finder = process->finder().wait(loop.waitScope());
    while (pids.count("rib") + pids.count("fea") < 2) {
      auto answer = finder.targetsRequest().send().wait(loop.waitScope());
      for (auto target : answer.getTargets()) pids[target.getName().cStr()] = pid_t(target.getPid());
    }
  }

  pid_t pid;
  kj::Own<xrl::Process> process;
  kj::Promise<void> serving = nullptr;
  kj::Own<xrl::Connection> connection;
  rib::Rib::Client rib = nullptr;
  std::map<std::string, pid_t> pids;
};

void write(rib::NextHopGroup::Builder group, uint32_t id, net::Ip gateway) {
  group.setId(id);
  auto hop = group.initHops(1)[0];
  hop.setInterface("v0");
  net::write(gateway, hop.initGateway());
}

void write(rib::Route::Builder to, net::IpNet net, uint32_t hop) {
  auto parts = net::partsOf(net);
  to.setHigh(parts.high);
  to.setLow(parts.low);
  to.setLength(parts.length);
  to.setVersion(parts.version);
  to.setNextHop(hop);
}

xrl::Task<void> announce(rib::Rib::Origin::Client origin, const Table& table) {
  for (size_t begin = 0; begin < table.size(); begin += BATCH) {
    auto size = uint(kj::min(table.size() - begin, size_t(BATCH)));
    auto request = origin.pushRequest(capnp::MessageSize{size * 5 + 64, 0});
    auto batch = request.initBatch();
    auto routes = batch.initRoutes(size);
    for (uint i = 0; i < size; ++i) write(routes[i], table[begin + i].net, hopOf(table[begin + i]));
    auto taken = request.send();
    co_await kj::mv(taken);
  }
  auto synced = origin.syncedRequest().send().ignoreResult();
  co_await kj::mv(synced);
}

kj::Promise<void> change(rib::Rib::Origin::Client& origin, net::IpNet net, uint32_t hop) {
  auto request = origin.pushRequest();
  write(request.initBatch().initRoutes(1)[0], net, hop);
  return request.send();
}

void flush(kj::WaitScope& scope) {
  // Send what has been said: a push is done when there is room for the next, which may be at once.
  kj::Promise<void>(kj::NEVER_DONE).poll(scope);
}

void untilCounted(xrl::Loop& loop, uint64_t ip4, uint64_t ip6) {
  // IPv4 goes first, and is dear to count.
  until(loop, [&]() { return ip6Routes() == ip6 && ip4Routes() == ip4; });
}

void warmUp(xrl::Loop& loop, rib::Rib::Origin::Client& origin) {
  // Tell the groups, and wait until a first route has gone all the way.
  auto request = origin.pushRequest();
  auto batch = request.initBatch();
  auto groups = batch.initGroups(2 * HOPS);
  for (uint i = 0; i < 2 * HOPS; ++i) write(groups[i], i + 1, gatewayOf(i + 1));
  write(batch.initRoutes(1)[0], single(0), 1);
  auto before = ip4Routes();
  request.send().wait(loop.waitScope());
  untilCounted(loop, before + 1, ip6Routes());
  change(origin, single(0), 0).wait(loop.waitScope());
  untilCounted(loop, before, ip6Routes());
}

struct Result {
  Times times;
  Usage rib[4], fea[4];
  // Before and after the routes were installed, and before and after they were withdrawn.
};

Result runRouter(xrl::Loop& loop, const Table& table) {
  freshNamespace(loop);
  Router router(loop);
  auto& scope = loop.waitScope();
  Result result;
  auto& times = result.times;
  auto origin = kj::heap(router.offer());
  warmUp(loop, *origin);
  auto base4 = ip4Routes(), base6 = ip6Routes();
  auto ip6 = uint64_t(std::count_if(table.begin(), table.end(), [](const Route& route) { return route.net.is6(); }));
  auto look = [&](uint when) {
    result.rib[when] = router.usage("rib");
    result.fea[when] = router.usage("fea");
  };
  look(0);

  auto start = Clock::now();
  kj::Promise<void>(announce(*origin, table)).wait(scope);
  untilCounted(loop, base4 + table.size() - ip6, base6 + ip6);
  times.install = since(start);
  look(1);

  {
    Watch watch;
    auto request = origin->pushRequest();
    write(request.initBatch().initGroups(1)[0], 1, gatewayOf(1, true));
    start = Clock::now();
    kj::Promise<void> moved = request.send();
    flush(scope);
    watch.untilNexthop();
    times.move = since(start);
    moved.wait(scope);
    for (uint i = 0; i < SINGLES; ++i) {
      start = Clock::now();
      auto put = change(*origin, single(i), 1);
      flush(scope);
      watch.untilRoute(true, single(i));
      times.single.push_back(since(start));
      put.wait(scope);
      auto gone = change(*origin, single(i), 0);
      flush(scope);
      watch.untilRoute(false, single(i));
      gone.wait(scope);
    }
  }

  look(2);
  start = Clock::now();
  origin = nullptr;
  untilCounted(loop, base4, base6);
  times.withdraw = since(start);
  look(3);
  return result;
}

// ---- the figures

template <typename Net> size_t trieBytes(const Table& table) {
  net::Trie<Net, uint32_t> trie;
  for (auto& route : table) {
    if constexpr (Net::VERSION == 4) {
      if (route.net.is4()) trie.upsert(route.net.v4(), 0);
    } else {
      if (route.net.is6()) trie.upsert(route.net.v6(), 0);
    }
  }
  return trie.bytes();
}

void line(const char* what, double router, double bare, const char* unit, double goal) {
  printf("%-32s %10.3f %10.3f %-3s %8.2f", what, router, bare, unit, router / bare);
  if (goal > 0) printf("   goal %.1f", goal);
  printf("\n");
}

void run(const Table& table) {
  auto ip4 = std::count_if(table.begin(), table.end(), [](const Route& route) { return route.net.is4(); });
  printf("%zd IPv4 and %zd IPv6 routes\n\n", ip4, ssize_t(table.size()) - ip4);
  xrl::Loop loop;
  auto bare = runBare(loop, table);
  auto result = runRouter(loop, table);
  auto& times = result.times;
  for (uint round = 1; round < ROUNDS; ++round) {
    bare.best(runBare(loop, table));
    times.best(runRouter(loop, table).times);
  }
  printf("%-32s %10s %10s %-3s %8s\n", "", "router", "bare loop", "", "ratio");
  line("install", times.install, bare.install, "s", 1.3);
  line("one next hop moves", times.move * 1e3, bare.move * 1e3, "ms", 0);
  line("withdraw", times.withdraw, bare.withdraw, "s", 1.3);
  line("one route more, p50", times.quantile(0.5) * 1e3, bare.quantile(0.5) * 1e3, "ms", 0);
  line("one route more, p99", times.quantile(0.99) * 1e3, bare.quantile(0.99) * 1e3, "ms", 0);
  printf("%-32s goals: p50 0.150 ms, p99 0.500 ms\n\n", "");

  auto count = double(table.size());
  auto trie = double(trieBytes<net::Ip4Net>(table) + trieBytes<net::Ip6Net>(table)) / count;
  auto rib = (result.rib[1].memory - result.rib[0].memory) / count;
  auto fea = (result.fea[1].memory - result.fea[0].memory) / count;
  printf("RIB: %.1f bytes a route, of which %.1f for the trie and %.1f for the rest (goal 40)\n", rib, trie,
         rib - trie);
  printf("FEA: %.1f bytes a route (goal 0)\n", fea);
  auto spent = [](const Usage* usage, uint since) { return usage[since + 1].cpu - usage[since].cpu; };
  printf("\nprocessor seconds, the kernel's work included\n%-32s %10s %10s %10s\n", "", "RIB", "FEA", "bare loop");
  printf("%-32s %10.2f %10.2f %10.2f\n", "install", spent(result.rib, 0), spent(result.fea, 0), bare.cpuInstall);
  printf("%-32s %10.2f %10.2f %10.2f\n", "withdraw", spent(result.rib, 2), spent(result.fea, 2), bare.cpuWithdraw);
}

}  // namespace
}  // namespace xylem::bench

int main(int argc, char** argv) {
  using namespace xylem::bench;
  setlinebuf(stdout);
  bool given = argc == 3 && kj::StringPtr(argv[1]) == "--table";
  KJ_REQUIRE(given || argc == 1, "usage: bench-fib [--table FILE]");
  run(given ? readTable(argv[2]) : generateTable());
  return 0;
}
