// What a cache may send, in pieces, with time between them. Whoever follows the actions has the Roas that the client
// has. A PDU that is taken for good comes out the same when it is encoded and decoded again.

#include <protocols/bgp/rtr.h>

#include <kj/debug.h>

#include <set>

using namespace xylem;
using namespace xylem::bgp;

namespace {

void checkPdu(net::Bytes whole) {
  auto decoded = rtr::decode(whole);
  KJ_IF_MAYBE (pdu, decoded.tryGet<rtr::Pdu>()) {
    net::ByteWriter first, second;
    rtr::encode(*pdu, first);
    KJ_ASSERT(rtr::readHeader(first.bytes()).length == first.size());
    auto again = rtr::decode(first.bytes());
    rtr::encode(again.get<rtr::Pdu>(), second);
    KJ_ASSERT(first.bytes() == second.bytes());
  }
}

class Fuzz final : private RtrActions {
 public:
  Fuzz() : client(*this) {}

  void run(net::ByteReader in) {
    client.start(now);
    client.connected(now);
    while (in.has(2)) {
      auto kind = in.u8();
      auto argument = in.u8();
      if (kind == 0xff) client.lost(now);
      if (kind == 0xfe) client.connected(now);
      if (kind == 0xfd) now += argument * kj::MINUTES;
      client.receive(in.bytes(kj::min(in.remaining(), size_t(argument))), now);
      client.tick(now);
      KJ_ASSERT(client.size() == told.size());
    }
    client.stop();
    while (client.deadline() != nullptr) client.tick(now);
    KJ_ASSERT(told.empty() && client.deadline() == nullptr);
  }

 private:
  void connect() override {}
  void send(net::Bytes bytes) override { KJ_ASSERT(bytes.size() >= 8); }
  void close() override {}
  void add(const Roa& roa) override {
    KJ_ASSERT(roa.isValid());
    KJ_ASSERT(told.insert(roa).second);
    KJ_ASSERT(roas.add(roa));
    KJ_ASSERT(roa.as == 0 || roas.validate(roa.net, roa.as) == policy::Validity::VALID);
  }
  void remove(const Roa& roa) override {
    KJ_ASSERT(told.erase(roa) == 1);
    KJ_ASSERT(roas.remove(roa) && roas.size() == told.size());
  }
  void synced() override {}

  kj::TimePoint now = kj::origin<kj::TimePoint>();
  std::set<Roa> told;
  Roas roas;
  RtrClient client;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size >= rtr::HEADER) checkPdu(kj::arrayPtr(data, size));
  Fuzz().run(net::ByteReader(kj::arrayPtr(data, size)));
  return 0;
}
