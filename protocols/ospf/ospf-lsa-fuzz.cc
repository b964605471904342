// The decoders of OSPFv2 on bytes that may be anything, and the encoders on what they understood.

#include <protocols/ospf/auth.h>
#include <protocols/ospf/extended-link.h>
#include <protocols/ospf/fuzz.h>
#include <protocols/ospf/packet.h>
#include <protocols/ospf/router-information.h>

#include <kj/debug.h>

using namespace xylem::ospf;

namespace {

template <typename Body> void again(Bytes bytes) {
  fuzz::again(
      bytes, [](Bytes from) { return Body::decode(from); }, [](const Body& body, auto& out) { body.encode(out); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto input = kj::arrayPtr(data, size);
  auto now = kj::origin<Time>();
  again<RouterBody>(input);
  again<NetworkBody>(input);
  again<SummaryBody>(input);
  again<ExternalBody>(input);
  again<RouterInformation>(input);
  again<ExtendedLink>(input);
  again<Hello>(input);
  again<Description>(input);
  decodeRequest(input);
  decodeAcknowledgment(input);
  KJ_IF_MAYBE (list, decodeUpdate(input)) {
    for (auto each : *list) {
      KJ_IF_MAYBE (lsa, Lsa::parse(each, now)) isWellFormed(*lsa);
    }
  }
  if (size == 0) return 0;
  kj::Vector<SecretKey> keys;
  keys.add(SecretKey{data[0], Algorithm(size % 5), kj::str("key"), false, size % 2 == 0});
  Numbers numbers;
  Authentication(kj::mv(keys)).check(input, Ip4(), numbers);
  Authentication(kj::str("password")).check(input, Ip4(), numbers);
  auto made = Lsa::make({Type::OPAQUE_AS, Ip4{1}, Ip4{2}}, 0, 1, input.slice(0, kj::min(size, size_t(60000))), now);
  KJ_ASSERT(Lsa::parse(made.bytes, now) != nullptr);
  return 0;
}
