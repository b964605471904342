#include <protocols/bgp/connection.h>

#include <gtest/gtest.h>
#include <kj/debug.h>
#include <malloc.h>
#include <sys/socket.h>

#include <functional>

namespace xylem::bgp {
namespace {

struct End final : Connection::Owner {
  void connected(Way) override {}
  void lost(Way, kj::StringPtr) override { ADD_FAILURE() << "lost"; }
  size_t received(Way, net::Bytes bytes) override { return take(bytes); }
  void written(Way, size_t waiting) override { top(waiting); }

  std::function<size_t(net::Bytes)> take = [](net::Bytes bytes) { return bytes.size(); };
  std::function<void(size_t)> top = [](size_t) {};
  kj::Own<Connection> connection;
};

struct Pair {
  Pair() {
    int fds[2], small = 4096;
    KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
    KJ_SYSCALL(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small));
    a.connection = kj::heap<Connection>(loop, a, Way::INCOMING, kj::AutoCloseFd(fds[0]), nullptr, 0, 0);
    b.connection = kj::heap<Connection>(loop, b, Way::INCOMING, kj::AutoCloseFd(fds[1]), nullptr, 0, 0);
  }
  void until(std::function<bool()> done) {
    auto deadline = loop.timer().now() + 60 * kj::SECONDS;
    while (!done()) {
      KJ_REQUIRE(loop.timer().now() < deadline, "nothing comes");
      loop.timer().afterDelay(kj::MILLISECONDS / 10).wait(loop.waitScope());
    }
  }
  xrl::Loop loop;
  End a, b;
};

size_t inUse() {
  auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(Connection, AStreamThatIsNeverThroughArrivesWholeAndIsNotKept) {
  constexpr size_t TOTAL = 8 << 20, AHEAD = 64 << 10;
  Pair pair;
  size_t sent = 0, came = 0, most = 0;
  auto byteAt = [](size_t at) { return kj::byte(at * 2654435761u >> 16); };
  pair.a.top = [&](size_t waiting) {
    kj::Vector<kj::byte> more;
    for (; sent < TOTAL && waiting + more.size() < AHEAD; ++sent) more.add(byteAt(sent));
    if (more.size() > 0) pair.a.connection->send(more);
  };
  pair.b.take = [&](net::Bytes bytes) {
    // Not all at once, so that some comes again.
    auto taken = bytes.size() > 10 ? bytes.size() - bytes.size() / 3 : bytes.size();
    for (auto byte : bytes.slice(0, taken)) EXPECT_EQ(byte, byteAt(came++));
    most = kj::max(most, inUse());
    return taken;
  };
  auto before = inUse();
  pair.a.top(0);
  pair.until([&]() { return came == TOTAL || testing::Test::HasFailure(); });
  EXPECT_EQ(came, TOTAL);
  EXPECT_LT(most, before + (2 << 20));
}

TEST(Connection, LittleAndMuchComeInTurn) {
  Pair pair;
  size_t came = 0, wanted = 0;
  pair.a.take = [&](net::Bytes bytes) {
    came += bytes.size();
    return bytes.size();
  };
  for (size_t size : {19, 300000, 19, 19, 17000, 600000, 1}) {
    pair.b.connection->send(kj::heapArray<kj::byte>(size));
    wanted += size;
    pair.until([&]() { return came == wanted; });
  }
}

}  // namespace
}  // namespace xylem::bgp
