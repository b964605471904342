#include <fcntl.h>
#include <gtest/gtest.h>
#include <kj/debug.h>
#include <rib/rib.capnp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xrl/connection.h>
#include <xrl/frames.h>
#include <xrl/task.h>

namespace xylem::xrl {
namespace {

struct Ends {
  Ends() {
    int fds[2];
    KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
    a = kj::AutoCloseFd(fds[0]);
    b = kj::AutoCloseFd(fds[1]);
  }
  kj::AutoCloseFd a, b;
};

class Pipe final : public Finder::Socket::Server {
 public:
  Pipe() {
    int fds[2];
    KJ_SYSCALL(pipe2(fds, O_CLOEXEC));
    in = kj::AutoCloseFd(fds[0]);
    out = kj::AutoCloseFd(fds[1]);
    KJ_SYSCALL(write(out, "x", 1));
  }
  kj::Maybe<int> getFd() override { return in.get(); }
  kj::AutoCloseFd in, out;
};

class Echo final : public Finder::Server {
  // Enough of an interface to call: connect() hands out a pipe, targets() answers, watch() never does.
 public:
  kj::Promise<void> connect(ConnectContext context) override {
    context.getResults().setEnd(kj::heap<Pipe>());
    return kj::READY_NOW;
  }
  kj::Promise<void> targets(TargetsContext context) override {
    ++calls;
    context.getResults().initTargets(1)[0].setName("echo");
    return kj::READY_NOW;
  }
  kj::Promise<void> watch(WatchContext context) override {
    ++started;
    context.allowCancellation();
    return kj::Promise<void>(kj::NEVER_DONE).attach(kj::defer([this]() { ++cancelled; }));
  }
  int calls = 0, started = 0, cancelled = 0;
};

class Sinking final : public rib::Rib::Origin::Server {
  // Takes a batch only when told.
 public:
  kj::Promise<void> push(PushContext context) override {
    ++taken;
    auto wait = kj::newPromiseAndFulfiller<void>();
    held.add(kj::mv(wait.fulfiller));
    return kj::mv(wait.promise);
  }
  void release() {
    for (auto& each : held) each->fulfill();
    held.clear();
  }
  int taken = 0;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> held;
};

void settle(Loop& loop) {
  // Until all that is on its way has arrived: a turn of the loop moves each message on.
  for (int i = 0; i < 200; ++i)
    kj::evalLast([]() {}).wait(loop.waitScope()), loop.timer().afterDelay(0 * kj::SECONDS).wait(loop.waitScope());
}

TEST(Connection, CallsBothWays) {
  Loop loop;
  Ends ends;
  Connection a(loop, kj::mv(ends.a), kj::heap<Echo>());
  Connection b(loop, kj::mv(ends.b), kj::heap<Echo>());
  for (auto connection : {&a, &b}) {
    auto answer = connection->bootstrap().castAs<Finder>().targetsRequest().send().wait(loop.waitScope());
    EXPECT_STREQ(answer.getTargets()[0].getName().cStr(), "echo");
  }
}

TEST(Connection, ManyCallsInAWindowKeepTheirOrderAndAnswers) {
  Loop loop;
  Ends ends;
  auto server = kj::heap<Echo>();
  auto& echo = *server;
  Connection a(loop, kj::mv(ends.a), nullptr);
  Connection b(loop, kj::mv(ends.b), kj::mv(server));
  auto client = a.bootstrap().castAs<Finder>();
  kj::Vector<kj::Promise<void>> answers;
  for (int i = 0; i < 5000; ++i) answers.add(client.targetsRequest().send().ignoreResult());
  kj::joinPromises(answers.releaseAsArray()).wait(loop.waitScope());
  EXPECT_EQ(echo.calls, 5000);
}

TEST(Connection, DescriptorsArriveWithTheirOwnMessage) {
  Loop loop;
  Ends ends;
  Connection a(loop, kj::mv(ends.a), nullptr);
  Connection b(loop, kj::mv(ends.b), kj::heap<Echo>());
  auto client = a.bootstrap().castAs<Finder>();
  int good = 0;
  kj::Vector<kj::Promise<void>> answers;
  for (int i = 0; i < 300; ++i) {
    for (int k = 0; k < i % 4; ++k) answers.add(client.targetsRequest().send().ignoreResult());
    answers.add(client.connectRequest().send().then([&](auto&& response) {
      auto end = response.getEnd();
      return end.getFd().then([&, end](kj::Maybe<int> fd) mutable {
        char byte = 0;
        EXPECT_EQ(read(KJ_ASSERT_NONNULL(fd), &byte, 1), 1);
        good += byte == 'x';
      });
    }));
  }
  kj::joinPromises(answers.releaseAsArray()).wait(loop.waitScope());
  EXPECT_EQ(good, 300);
}

TEST(Connection, DroppingACallCancelsItOnTheOtherSide) {
  Loop loop;
  Ends ends;
  auto server = kj::heap<Echo>();
  auto& echo = *server;
  Connection a(loop, kj::mv(ends.a), nullptr);
  Connection b(loop, kj::mv(ends.b), kj::mv(server));
  kj::Promise<void> call = a.bootstrap().castAs<Finder>().watchRequest().send().ignoreResult();
  settle(loop);
  EXPECT_EQ(echo.started, 1);
  call = nullptr;
  settle(loop);
  EXPECT_EQ(echo.cancelled, 1);
}

TEST(Connection, ASlowReaderOfAStreamHoldsBackItsWriter) {
  Loop loop;
  Ends ends;
  auto server = kj::heap<Sinking>();
  auto& sink = *server;
  Connection a(loop, kj::mv(ends.a), nullptr);
  Connection b(loop, kj::mv(ends.b), kj::mv(server));
  auto client = a.bootstrap().castAs<rib::Rib::Origin>();
  constexpr uint ROUTES = 4096;
  int sent = 0;
  auto push = [&]() -> Task<void> {
    for (int i = 0; i < 100; ++i) {
      auto request = client.pushRequest();
      request.initBatch().initRoutes(ROUTES);
      auto room = request.send();
      co_await kj::mv(room);
      ++sent;
    }
  };
  kj::Promise<void> pushing = kj::Promise<void>(push()).eagerlyEvaluate(nullptr);
  settle(loop);
  EXPECT_LE(sent, int(2 * STREAM_WINDOW / (ROUTES * 32)) + 2);
  EXPECT_GE(sent, 1);
  while (sink.taken < 100) {
    sink.release();
    settle(loop);
  }
  sink.release();
  pushing.wait(loop.waitScope());
  EXPECT_EQ(sink.taken, 100);
}

TEST(Connection, DeathIsToldBeforeCapabilitiesAreDropped) {
  Loop loop;
  Ends ends;
  struct Held final : public Finder::Watch::Server {
    Held(kj::Own<Caller> caller, kj::Maybe<bool>& seen) : caller(kj::mv(caller)), seen(seen) {}
    ~Held() noexcept(false) { seen = caller->connected; }
    kj::Own<Caller> caller;
    kj::Maybe<bool>& seen;
  };
  struct Giving final : public Finder::Server {
    Giving(kj::Own<Caller> caller, kj::Maybe<bool>& seen) : caller(kj::mv(caller)), seen(seen) {}
    kj::Promise<void> watch(WatchContext context) override {
      context.getResults().setWatch(kj::heap<Held>(caller->copy(), seen));
      return kj::READY_NOW;
    }
    kj::Own<Caller> caller;
    kj::Maybe<bool>& seen;
  };
  for (bool onPurpose : {true, false}) {
    Ends ends;
    kj::Maybe<bool> connectedWhenDropped;
    auto caller = kj::refcounted<Caller>();
    auto bootstrap = kj::heap<Giving>(caller->copy(), connectedWhenDropped);
    Connection server(loop, kj::mv(ends.b), kj::mv(bootstrap), kj::mv(caller));
    kj::Maybe<kj::Own<Connection>> client = kj::heap<Connection>(loop, kj::mv(ends.a), nullptr);
    kj::Maybe<Finder::Watch::Client> held =
        KJ_ASSERT_NONNULL(client)->bootstrap().castAs<Finder>().watchRequest().send().wait(loop.waitScope()).getWatch();
    if (onPurpose) held = nullptr;
    client = nullptr;
    held = nullptr;
    server.onDisconnect().wait(loop.waitScope());
    EXPECT_EQ(KJ_ASSERT_NONNULL(connectedWhenDropped), onPurpose);
    EXPECT_FALSE(server.caller().connected);
  }
}

TEST(Connection, GarbageEndsTheConnectionAndNothingElse) {
  Loop loop;
  std::string tooManySegments("\xff\x7f\x00\x00\x00\x00\x00\x00", 8);
  std::string tooLarge("\x00\x00\x00\x00\xff\xff\xff\x7f", 8);
  std::string descriptorsThatDidNotCome("\x00\x00\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 16);
  std::string nonsense(4096, 'q');
  std::string pointerOutOfBounds("\x00\x00\x00\x00\x01\x00\x00\x00\xfc\xff\xff\x7f\xff\xff\xff\xff", 16);
  for (auto& garbage : {tooManySegments, tooLarge, descriptorsThatDidNotCome, nonsense, pointerOutOfBounds}) {
    Ends ends;
    Connection server(loop, kj::mv(ends.a), kj::heap<Echo>());
    KJ_SYSCALL(write(ends.b, garbage.data(), garbage.size()));
    auto late = loop.timer().afterDelay(10 * kj::SECONDS).then([]() { FAIL() << "the connection stands"; });
    server.onDisconnect().exclusiveJoin(kj::mv(late)).wait(loop.waitScope());
  }
}

TEST(Connection, ATruncatedMessageEndsWithTheStream) {
  Loop loop;
  Ends ends;
  Connection server(loop, kj::mv(ends.a), kj::heap<Echo>());
  KJ_SYSCALL(write(ends.b, "\0\0\0\0\x05\0\0\0abc", 11));
  ends.b = nullptr;
  server.onDisconnect().wait(loop.waitScope());
}

TEST(Frames, DescriptorsForAPeerThatIsGoneAreClosed) {
  Loop loop;
  Ends ends;
  Frames frames(loop, kj::mv(ends.a), 4096);
  ends.b = nullptr;
  int pipe[2];
  KJ_SYSCALL(pipe2(pipe, O_CLOEXEC));
  kj::AutoCloseFd in(pipe[0]), out(pipe[1]);
  auto word = kj::heapArray<capnp::word>(1);
  kj::ArrayPtr<const capnp::word> segments[] = {word};
  for (int i = 0; i < 3; ++i) frames.write(segments, kj::arrayPtr(&pipe[1], 1));
  settle(loop);
  EXPECT_EQ(frames.read().wait(loop.waitScope()), nullptr);
  out = nullptr;
  char byte;
  EXPECT_EQ(::read(in, &byte, 1), 0);
}

TEST(Frames, APeerThatDoesNotReadIsNotReadFrom) {
  Loop loop;
  Ends ends;
  Frames serving(loop, kj::mv(ends.a), 4096), peer(loop, kj::mv(ends.b), 4096);
  auto words = kj::heapArray<capnp::word>(64 << 10);
  memset(words.begin(), 0, words.asBytes().size());
  kj::ArrayPtr<const capnp::word> large[] = {words}, small[] = {words.slice(0, 1)};
  for (int i = 0; i < 4; ++i) serving.write(large, nullptr);
  peer.write(small, nullptr);

  bool served = false;
  auto reading = serving.read().then([&](auto&&) { served = true; }).eagerlyEvaluate(nullptr);
  settle(loop);
  EXPECT_FALSE(served);
  for (int i = 0; i < 4; ++i) KJ_ASSERT_NONNULL(peer.read().wait(loop.waitScope()));
  reading.wait(loop.waitScope());
  EXPECT_TRUE(served);
}

TEST(Frames, RoundTripOfManySizesAndSegments) {
  Loop loop;
  Ends ends;
  Frames out(loop, kj::mv(ends.a), 1 << 20), in(loop, kj::mv(ends.b), 1 << 20);
  kj::Vector<kj::Array<capnp::word>> sent;
  auto write = [&](size_t words, size_t pieces) {
    auto data = kj::heapArray<capnp::word>(words);
    auto bytes = data.asBytes();
    for (auto i : kj::indices(bytes)) bytes[i] = kj::byte(i * 7 + words);
    kj::Vector<kj::ArrayPtr<const capnp::word>> segments;
    for (size_t i = 0; i < pieces; ++i) segments.add(data.slice(words * i / pieces, words * (i + 1) / pieces));
    out.write(segments, nullptr);
    sent.add(kj::mv(data));
  };
  for (size_t words : {1, 2, 7, 100, 8191, 8192, 8193, 100000})
    for (size_t pieces : {1, 2, 3, 17})
      if (pieces <= words) write(words, pieces);
  for (auto& expected : sent) {
    auto frame = KJ_ASSERT_NONNULL(in.read().wait(loop.waitScope()));
    size_t at = 0;
    for (uint i = 0; at < expected.size(); ++i) {
      auto segment = frame.message->getSegment(i);
      ASSERT_LE(at + segment.size(), expected.size());
      ASSERT_EQ(memcmp(segment.begin(), expected.begin() + at, segment.asBytes().size()), 0);
      at += segment.size();
    }
    EXPECT_EQ(frame.words, expected.size());
  }
}

}  // namespace
}  // namespace xylem::xrl
