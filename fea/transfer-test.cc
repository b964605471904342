#include <capnp/serialize.h>
#include <fea/engine.h>
#include <fea/testing.h>
#include <fea/transfer.h>
#include <kj/debug.h>

#include <algorithm>

namespace xylem::fea {
namespace {

using testing::sh;
using Stream = std::vector<kj::Array<capnp::word>>;

constexpr const char* SETUP =
    "n=0; for each in v0 v1 w0 w1; do n=$((n + 1)); ip link set $each address 02:00:00:00:00:0$n addrgenmode none;"
    "ip -6 addr flush dev $each scope link; done; ip link set v0 mtu 1400";

class Collector final : public xrl::Sink<Part>::Server {
 public:
  explicit Collector(Stream& stream, kj::Promise<void>* pause = nullptr) : stream(stream), pause(pause) {}
  kj::Promise<void> push(PushContext context) override {
    capnp::MallocMessageBuilder copy;
    copy.setRoot(context.getParams().getBatch());
    stream.push_back(capnp::messageToFlatArray(copy));
    return pause == nullptr ? kj::Promise<void>(kj::READY_NOW) : kj::mv(*pause);
  }

 private:
  Stream& stream;
  kj::Promise<void>* pause;
};

class Transfer : public testing::InNamespace {
  // The FEA of a router that has groups of many kinds.
 protected:
  ~Transfer() noexcept override {}

  void SetUp() override {
    InNamespace::SetUp();
    if (!IsSkipped()) begin();
  }

  void begin() {
    sh(SETUP);
    engine = nullptr;
    process = kj::heap<xrl::Process>(loop, kj::str("/nonexistent"), kj::str("fea"), kj::ArrayPtr<const kj::byte>());
    engine = kj::heap<Engine>(*process);
    capnp::MallocMessageBuilder message;
    kj::Promise<void>(engine->commit(message.initRoot<Config>().asReader())).wait(scope);
  }
  void again() {
    // Another machine: the same interfaces, without addresses.
    engine = nullptr;
    InNamespace::SetUp();
    sh("ip addr flush dev v0; ip addr flush dev w0; ip link set w0 down");
    begin();
  }

  template <typename Interface> typename Interface::Client get(kj::StringPtr name, xrl::Role role) {
    auto caller = kj::refcounted<xrl::Caller>();
    caller->name = kj::str(name);
    caller->role = role;
    auto request = process->offers->to(kj::mv(caller)).getRequest();
    request.setInterface(capnp::Schema::from<Interface>().getShortDisplayName());
    return request.send().getService().template castAs<Interface>();
  }
  Forwarding::Client forwarding() { return get<Forwarding>("", xrl::Role::MANAGER); }

  Fib::Client fib() {
    class Nobody final : public FibKeeper::Server {};
    auto request = get<Fea>("rib", xrl::Role::DAEMON).fibRequest();
    request.setKeeper(kj::heap<Nobody>());
    return request.send().wait(scope).getFib();
  }
  void install(uint more = 0) {
    testing::Batch batch;
    batch.group(7, {{"10.0.0.2", "v0"}}).group(5, {{"10.0.0.2", "v0", 3}, {"10.0.1.2", "w0"}}).group(9, {{"", "w0"}});
    batch.group(2, {{"fe80::1", "w0"}}).blackhole(3).unreachable(4);
    batch.route("192.0.2.0/24", 7).route("198.51.100.0/24", 5).route("0.0.0.0/0", 3).route("203.0.113.0/24", 4);
    batch.route("203.0.113.9/32", 2).route("2001:db8:1::/48", 2).route("2001:db8:2::/48", 9).route("10.9.0.0/16", 9);
    batch.route("2001:db8:3::/48", 3).route("2001:db8:4::/48", 4);
    for (uint i = 0; i < more; ++i) batch.route(net::Ip4Net(net::Ip4{0x64400000 + i * 256}, 24), i % 2 ? 7 : 5);
    auto to = fib();
    auto push = to.pushRequest();
    push.setBatch(batch.done());
    push.send().wait(scope);
    to.syncedRequest().send().wait(scope);
    sh("ip neigh replace 10.0.0.2 dev v0 lladdr 02:00:00:00:00:09 nud stale;"
       "ip neigh replace fe80::1 dev w0 lladdr 02:00:00:00:00:0a nud permanent");
  }
  Stream save() {
    Stream out;
    auto request = forwarding().saveRequest();
    request.setSink(kj::heap<Collector>(out));
    request.send().wait(scope);
    return out;
  }
  void restore(const Stream& stream, size_t parts) {
    auto restorer = forwarding().restoreRequest().send().wait(scope).getRestorer();
    for (size_t i = 0; i < parts; ++i) {
      capnp::FlatArrayMessageReader message(stream[i]);
      auto request = restorer.pushRequest();
      request.setBatch(message.getRoot<Part>());
      request.send().wait(scope);
    }
    restorer.doneRequest().send().wait(scope);
  }
  std::string whyNot(kj::Function<void()> act) {
    KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { act(); })) return e->getDescription().cStr();
    return "";
  }
  static std::string print(const Stream& stream) {
    std::string out;
    for (auto& each : stream) {
      capnp::FlatArrayMessageReader message(each);
      out += kj::str(message.getRoot<Part>(), "\n").cStr();
    }
    return out;
  }
  void expectSame(const std::string& a, const std::string& b) {
    // Without printing thousands of routes.
    auto at = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
    EXPECT_EQ(a.substr(size_t(at), 200), b.substr(size_t(at), 200));
  }
  static std::string routes() {
    // Whatever numbers the kernel's objects have.
    auto m = "/proc/sys/net/ipv4/nexthop_compat_mode";
    return sh(kj::str("echo 1 >", m, "; (ip -4 route show table main; ip -6 route show table main) |",
                      " sed 's/nhid [0-9]* //; s/ linkdown//'; echo 0 >", m));
  }

  kj::Own<xrl::Process> process;
  kj::Own<Engine> engine;
};

TEST_F(Transfer, WhatIsRestoredIsSavedTheSame) {
  install();
  auto saved = save();
  auto before = routes();
  auto text = print(saved);
  for (auto expected : {"begin = 1", "name = \"v0\"", "mtu = 1400", "blackhole = void", "unreachable = void",
                        "weight = 3", "permanent = true", "groups = 6, routes = 10, neighbors = 2"})
    EXPECT_HAS(text, expected);
  again();
  ASSERT_NE(routes(), before);
  restore(saved, saved.size());
  expectSame(routes(), before);
  expectSame(print(save()), text);
  EXPECT_HAS(sh("ip neigh show dev w0"), "fe80::1 lladdr 02:00:00:00:00:0a PERMANENT");
  // Once more into what is there: nothing changes.
  restore(saved, saved.size());
  expectSame(print(save()), text);
}

TEST_F(Transfer, TheRibFindsWhatIsRestored) {
  install();
  auto saved = save();
  again();
  restore(saved, saved.size());
  auto writer = fib();
  capnp::MallocMessageBuilder message;
  auto state = message.initRoot<State>();
  engine->state(state);
  EXPECT_EQ(10u, state.getFib().getStale());
  EXPECT_HAS(whyNot([&]() { restore(saved, 1); }), "the RIB writes the forwarding table");
  writer.syncedRequest().send().wait(scope);
  EXPECT_LACKS(routes(), "192.0.2.0/24");
}

TEST_F(Transfer, ASlowReaderSlowsItsWriter) {
  install(5000);
  Stream out;
  auto paf = kj::newPromiseAndFulfiller<void>();
  auto request = forwarding().saveRequest();
  request.setSink(kj::heap<Collector>(out, &paf.promise));
  auto saving = request.send();
  EXPECT_TRUE(until([&]() { return out.size() == 1; }));
  for (int i = 0; i < 100; ++i) loop.timer().afterDelay(0 * kj::SECONDS).wait(scope);
  EXPECT_EQ(1u, out.size());
}

TEST_F(Transfer, ManyRoutesCome) {
  install(5000);
  auto saved = save();
  EXPECT_EQ(saved.size(), 2u + 1 + 5 + 1 + 1);
  auto before = routes();
  again();
  restore(saved, saved.size());
  expectSame(routes(), before);
}

TEST_F(Transfer, WhatIsWrongIsRefused) {
  install();
  auto saved = save();
  again();
  EXPECT_HAS(whyNot([&]() { restore(saved, saved.size() - 1); }), "the stream has no end");
  Stream tail;
  for (size_t i = 1; i < saved.size(); ++i) tail.push_back(kj::heapArray(saved[i].asPtr()));
  EXPECT_HAS(whyNot([&]() { restore(tail, tail.size()); }), "does not begin with its version");
  Stream holed;
  for (size_t i = 0; i < saved.size(); ++i)
    if (i != 3) holed.push_back(kj::heapArray(saved[i].asPtr()));
  EXPECT_HAS(whyNot([&]() { restore(holed, holed.size()); }), "parts of the stream are missing");
  sh("ip link del w0");
  EXPECT_HAS(whyNot([&]() { restore(saved, saved.size()); }), "w0");
}

TEST_F(Transfer, OnlyTheManagerMay) {
  EXPECT_NE(whyNot([&]() { get<Forwarding>("rip", xrl::Role::DAEMON).restoreRequest().send().wait(scope); }), "");
}

}  // namespace
}  // namespace xylem::fea
