// The neighbours of the router that `./x bench ospf` measures, as one process that is told what to do by lines, and
// answers each by a line of JSON. Times are seconds.
//
//     ospf-peers ROWS COLUMNS NETNS PATIENCE
//                                 be the two ends of a grid, on eth0 and eth1; the router is in network namespace
//                                 NETNS. First answers when the second end is adjacent, and the router has calmed down.
//     load                        the first end appears, with the whole grid
//     stub COUNT                  single stub networks go and come again
//     bridge COUNT                the first end's link to the grid goes and comes again

#include <bench/bgp/session.h>
#include <bench/ospf/speaker.h>
#include <bench/ospf/stubs.h>
#include <kj/debug.h>
#include <kj/function.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

namespace xylem::bench {
namespace {

constexpr double TICK = 1, CALM = 8;
// Longer than any router waits by default between two instances of its own LSA, after a change.
constexpr double STUB_PAUSE = 0.5, BRIDGE_PAUSE = 3, PAUSE_MORE = 1;
// Between two changes: at least, and at most more, so that timers of the router are met at any moment.

using Times = std::vector<double>;

class Bench {
 public:
  Bench(uint rows, uint columns, kj::StringPtr netns, double patience)
      : grid(rows, columns),
        kernel(netns),
        stubs(kernel, grid),
        first(grid, 0, "eth0", Tells::ALL),
        second(grid, 1, "eth1", Tells::ITSELF),
        patience(patience) {
    await([&] { return second.isFull(); }, "the adjacency with the second end");
    pause(CALM);
    printf("{\"routers\":%u}\n", grid.size());
  }

  bool obey(kj::StringPtr line) {
    uint count = 0;
    if (line == "load") {
      load();
    } else if (sscanf(line.cStr(), "stub %u", &count) == 1) {
      changeStubs(count);
    } else if (sscanf(line.cStr(), "bridge %u", &count) == 1) {
      changeBridge(count);
    } else {
      return false;
    }
    return true;
  }

  void serve(double seconds, int fd = -1) {
    // For so long, or until something has happened.
    if (now() >= tickAt) {
      tickAt = now() + TICK;
      second.tick();
      if (loaded) first.tick();
    }
    auto wait = std::max(0., std::min(seconds, tickAt - now()));
    pollfd polled[] = {
        {stubs.fd(), POLLIN, 0}, {second.fd(), POLLIN, 0}, {loaded ? first.fd() : -1, POLLIN, 0}, {fd, POLLIN, 0}};
    KJ_SYSCALL(poll(polled, 4, int(wait * 1e3 + 0.999)));
    if (polled[0].revents != 0) stubs.receive();
    if (polled[1].revents != 0) second.receive();
    if (polled[2].revents != 0) first.receive();
  }

 private:
  void await(kj::FunctionParam<bool()> done, kj::StringPtr what) {
    auto deadline = now() + patience;
    while (!done()) {
      KJ_REQUIRE(now() < deadline, "waited in vain", what, stubs.count());
      serve(TICK);
    }
  }

  void pause(double atLeast) {
    auto until = now() + atLeast + std::uniform_real_distribution<>(0, PAUSE_MORE)(dice);
    while (now() < until) serve(until - now());
  }

  void load() {
    loaded = true;
    tickAt = 0;
    await([&] { return first.isFull() && stubs.count() == grid.size(); }, "all routes");
    auto installed = stubs.last();
    pause(CALM);
    KJ_REQUIRE(stubs.count() == grid.size(), "routes have gone again");
    auto& m = first.moments;
    printf("{\"told\":%.6f,\"passed\":%.6f,\"installed\":%.6f,\"repeated\":%u}\n", m.told - m.began,
           second.moments.heard - m.began, installed - m.began, m.repeated + second.moments.repeated);
  }

  double change(const std::vector<ospf::LsaPtr>& changed, kj::FunctionParam<bool()> done, kj::StringPtr what) {
    // Seconds from the change to its last route.
    stubs.mark();
    auto begin = now();
    first.flood(changed);
    await([&] { return done(); }, what);
    return stubs.last() - begin;
  }

  void changeStubs(uint count) {
    Times gone, back;
    for (uint i = 0; i < count; ++i) {
      auto router = uint(dice() % grid.size());
      for (bool there : {false, true}) {
        grid.setStub(router, there);
        auto time = change(
            {grid.lsa(router)}, [&] { return stubs.has(router) == there; }, "one stub");
        (there ? back : gone).push_back(time);
        // A new instance of the same LSA has to wait for a second.
        pause(there ? STUB_PAUSE : STUB_PAUSE + 1);
      }
    }
    tell(gone, back, 1);
  }

  void changeBridge(uint count) {
    Times gone, back;
    auto moving = grid.nearerToFirst();
    for (uint i = 0; i < count; ++i) {
      for (bool there : {false, true}) {
        grid.setBridge(there);
        std::vector<ospf::LsaPtr> changed{grid.lsa(grid.end(0)), grid.lsa(0)};
        auto moved = [&] {
          // From the last one on, which is the one that comes last most of the time.
          for (auto at = moving.rbegin(); at != moving.rend(); ++at)
            if (!stubs.hasChanged(*at)) return false;
          return stubs.count() == grid.size();
        };
        (there ? back : gone).push_back(change(changed, moved, "the routes that lead over the bridge"));
        pause(BRIDGE_PAUSE);
      }
    }
    tell(gone, back, moving.size());
  }

  void tell(const Times& gone, const Times& back, size_t routes) {
    auto list = [](const Times& times) {
      for (auto& time : times) printf("%s%.6f", &time == times.data() ? "" : ",", time);
    };
    printf("{\"routes\":%zu,\"gone\":[", routes);
    list(gone);
    printf("],\"back\":[");
    list(back);
    printf("],\"repeated\":%u}\n", first.moments.repeated + second.moments.repeated);
  }

  Grid grid;
  Kernel kernel;
  Stubs stubs;
  Speaker first, second;
  double patience, tickAt = 0;
  bool loaded = false;
  std::mt19937 dice{7};
};

void run(char** words, int count) {
  KJ_REQUIRE(count == 4, "usage: ospf-peers ROWS COLUMNS NETNS PATIENCE");
  Bench bench(uint(atoi(words[0])), uint(atoi(words[1])), words[2], atof(words[3]));
  char line[64];
  for (;;) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    while (poll(&input, 1, 0) == 0) bench.serve(1, STDIN_FILENO);
    auto size = read(STDIN_FILENO, line, sizeof line - 1);
    if (size <= 0) return;
    line[size] = '\0';
    line[strcspn(line, "\n")] = '\0';
    KJ_REQUIRE(bench.obey(line), "no such command", kj::StringPtr(line));
  }
}

}  // namespace
}  // namespace xylem::bench

int main(int argc, char** argv) {
  setlinebuf(stdout);
  xylem::bench::run(argv + 1, argc - 1);
  return 0;
}
