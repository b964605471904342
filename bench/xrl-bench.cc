// XRL speed: calls and routes per second between two processes over a Unix socket and within one, beside a blocking
// ping-pong of the same bytes on a raw socket.
//
//     bench-xrl [CALLS]      CALLS of each kind, 10000 by default, as in XORP's paper of 2005

#include <bench/bench.capnp.h>
#include <kj/debug.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xrl/connection.h>
#include <xrl/task.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace xylem::bench {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

class Server final : public Calls::Server {
 public:
  kj::Promise<void> call0(Call0Context) override { return kj::READY_NOW; }
  kj::Promise<void> call5(Call5Context) override { return kj::READY_NOW; }
  kj::Promise<void> call10(Call10Context context) override {
    sum += context.getParams().getJ();
    return kj::READY_NOW;
  }
  kj::Promise<void> call25(Call25Context context) override {
    sum += context.getParams().getY();
    return kj::READY_NOW;
  }
  kj::Promise<void> push(PushContext context) override {
    for (auto route : context.getParams().getBatch().getRoutes()) {
      sum += route.getLow() + route.getHigh() + route.getLength() + route.getNextHop() + route.getMetric();
      ++routes;
    }
    return kj::READY_NOW;
  }
  kj::Promise<void> pushed(PushedContext context) override {
    context.getResults().setRoutes(routes);
    return kj::READY_NOW;
  }

 private:
  uint64_t sum = 0, routes = 0;
};

kj::Promise<void> call(Calls::Client& calls, int arguments) {
  switch (arguments) {
    case 0:
      return calls.call0Request().send().ignoreResult();
    case 5: {
      auto request = calls.call5Request();
      request.setA(1);
      request.setE(5);
      return request.send().ignoreResult();
    }
    case 10: {
      auto request = calls.call10Request();
      request.setA(1);
      request.setJ(10);
      return request.send().ignoreResult();
    }
    default: {
      auto request = calls.call25Request();
      request.setA(1);
      request.setY(25);
      return request.send().ignoreResult();
    }
  }
}

struct Figures {
  double perSecond, p50;
  // Microseconds.
};

Figures oneAtATime(xrl::Loop& loop, Calls::Client calls, int arguments, int count) {
  std::vector<double> times;
  times.reserve(count);
  auto start = Clock::now();
  for (int i = 0; i < count; ++i) {
    auto begin = Clock::now();
    call(calls, arguments).wait(loop.waitScope());
    times.push_back(since(begin));
  }
  double total = since(start);
  std::nth_element(times.begin(), times.begin() + count / 2, times.end());
  return {count / total, times[count / 2] * 1e6};
}

xrl::Task<void> caller(Calls::Client calls, int arguments, int& left) {
  while (left > 0) {
    --left;
    auto answer = call(calls, arguments);
    co_await kj::mv(answer);
  }
}

double windowed(xrl::Loop& loop, Calls::Client calls, int arguments, int count, int window) {
  int left = count;
  auto start = Clock::now();
  auto callers = kj::heapArrayBuilder<kj::Promise<void>>(window);
  for (int i = 0; i < window; ++i) callers.add(caller(calls, arguments, left));
  kj::joinPromises(callers.finish()).wait(loop.waitScope());
  return count / since(start);
}

xrl::Task<void> pushAll(Calls::Client calls, int batches, int size) {
  for (int i = 0; i < batches; ++i) {
    auto request = calls.pushRequest(capnp::MessageSize{uint64_t(size) * 4 + 32, 0});
    auto routes = request.initBatch().initRoutes(size);
    for (int k = 0; k < size; ++k) {
      auto route = routes[k];
      route.setLow(0x0a000000 + uint64_t(k) * 256);
      route.setLength(24);
      route.setVersion(4);
      route.setNextHop(7);
      route.setMetric(k);
    }
    auto room = request.send();
    co_await kj::mv(room);
  }
}

double routes(xrl::Loop& loop, Calls::Client calls, int size, int total) {
  auto start = Clock::now();
  kj::Promise<void> pushing = pushAll(calls, total / size, size);
  pushing.wait(loop.waitScope());
  calls.pushedRequest().send().wait(loop.waitScope());
  return total / since(start);
}

double rawPingPong(int fd, int count, size_t bytes) {
  // Microseconds, the median.
  std::vector<char> buffer(bytes);
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    auto begin = Clock::now();
    KJ_SYSCALL(send(fd, buffer.data(), bytes, 0));
    size_t got = 0;
    while (got < bytes) {
      ssize_t n;
      KJ_SYSCALL(n = recv(fd, buffer.data(), bytes - got, 0));
      got += n;
    }
    times.push_back(since(begin));
  }
  std::nth_element(times.begin(), times.begin() + count / 2, times.end());
  return times[count / 2] * 1e6;
}

template <typename Other> pid_t other(int (&ends)[2], Other&& run) {
  // A second process on ends[1].
  KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  pid_t pid;
  KJ_SYSCALL(pid = fork());
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ends[0]);
    run(ends[1]);
    _exit(0);
  }
  close(ends[1]);
  return pid;
}

void echo(int fd) {
  std::vector<char> buffer(65536);
  for (ssize_t n; (n = recv(fd, buffer.data(), buffer.size(), 0)) > 0;)
    if (send(fd, buffer.data(), n, MSG_NOSIGNAL) < 0) return;
}

void serve(int fd) {
  xrl::Loop loop;
  xrl::Connection connection(loop, kj::AutoCloseFd(fd), kj::heap<Server>());
  connection.onDisconnect().wait(loop.waitScope());
}

void keepTogether(kj::ArrayPtr<const pid_t> children, bool together) {
  // On one core, by turns: else what is measured is how fast the other core wakes up, for one pair and not the other.
  cpu_set_t cores;
  CPU_ZERO(&cores);
  for (int i = 0; i < (together ? 1 : CPU_SETSIZE); ++i) CPU_SET(i, &cores);
  KJ_SYSCALL(sched_setaffinity(0, sizeof cores, &cores));
  for (auto child : children) KJ_SYSCALL(sched_setaffinity(child, sizeof cores, &cores));
}

void run(int count) {
  int raw[2], two[2];
  pid_t children[] = {other(raw, echo), other(two, serve)};

  xrl::Loop loop;
  Calls::Client local = kj::heap<Server>();
  auto connection = kj::heap<xrl::Connection>(loop, kj::AutoCloseFd(two[0]), nullptr);
  auto remote = connection->bootstrap().castAs<Calls>();
  call(remote, 0).wait(loop.waitScope());

  printf("%-10s %14s %14s %14s %12s %14s %8s\n", "arguments", "in process/s", "window 100/s", "one by one/s", "p50 us",
         "raw socket us", "ratio");
  for (int arguments : {0, 5, 10, 25}) {
    // A call of 96 bytes and its answer of 56 are the shortest; four bytes for each argument come on top.
    keepTogether(children, true);
    double floor = rawPingPong(raw[0], count, 96 + 4 * arguments);
    auto single = oneAtATime(loop, remote, arguments, count);
    keepTogether(children, false);
    auto inside = windowed(loop, local, arguments, count, 100);
    auto window = windowed(loop, remote, arguments, count * 5, 100);
    printf("%-10d %14.0f %14.0f %14.0f %12.1f %14.1f %8.2f\n", arguments, inside, window, single.perSecond, single.p50,
           floor, single.p50 / floor);
  }
  // With 0 arguments, on a Pentium III of 1.1 GHz.
  printf("%-10s %14d %14d   XORP in 2005, TCP in place of a Unix socket\n", "", 11800, 8350);
  printf("\n%-10s %14s\n", "batch", "routes/s");
  for (int size : {1, 64, 512, 4096}) {
    int total = size == 1 ? 200000 : 8 << 20;
    printf("%-10d %14.0f\n", size, routes(loop, remote, size, total));
  }
  connection = nullptr;
  close(raw[0]);
  for (auto pid : children) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
}

}  // namespace
}  // namespace xylem::bench

int main(int argc, char** argv) {
  xylem::bench::run(argc > 1 ? atoi(argv[1]) : 10000);
  return 0;
}
