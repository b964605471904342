// The body of an UPDATE, behind one byte that says what kind of session it comes over. What is accepted is encoded
// again: that must decode to the same attributes, and encode to the same bytes.

#include <protocols/bgp/compose.h>
#include <protocols/bgp/update.h>

#include <kj/debug.h>

using namespace xylem;
using namespace xylem::bgp;

namespace {

template <typename Address> void walk(const Nlri& nlri) {
  Destination<Address> destination;
  size_t read = 0;
  for (Cursor<Address> cursor(nlri); cursor.next(destination);)
    read += (nlri.addPath ? 4 : 0) + 1 + (destination.net.length() + 7) / 8;
  KJ_ASSERT(read == nlri.bytes.size());
}

void walkAll(const Nlri& nlri) {
  if (isIp4(nlri.family))
    walk<net::Ip4>(nlri);
  else
    walk<net::Ip6>(nlri);
}

void checkAgain(const Decoded& decoded, Family family, const Context& context) {
  auto& attributes = decoded.attributes;
  net::ByteWriter block, message;
  encodeAttributes(attributes, {context.as4, family}, block);
  Composer composer(family, false, MAX_EXTENDED, message);
  if (!composer.begin(attributes.nextHop, attributes.linkLocal, block.bytes())) return;
  if (isIp4(family))
    composer.announce(Destination<net::Ip4>());
  else
    composer.announce(Destination<net::Ip6>());
  composer.finish();
  auto plain = context;
  plain.addPath = {};
  auto again = split(message.bytes().slice(HEADER_SIZE, message.size()), plain);
  auto& update = again.get<Update>();
  auto& announced = update.announced[usesMultiprotocol(family, attributes.nextHop)];
  auto decodedAgain = decodeAttributes(update, announced, plain);
  KJ_ASSERT(decodedAgain.disposition == Disposition::ACCEPT);
  KJ_ASSERT(decodedAgain.attributes == attributes);
  net::ByteWriter blockAgain;
  encodeAttributes(decodedAgain.attributes, {context.as4, family}, blockAgain);
  KJ_ASSERT(blockAgain.bytes() == block.bytes());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Context context;
  context.as4 = data[0] & 1;
  context.internal = data[0] & 2;
  context.confederation = !context.internal && data[0] & 4;
  context.families = data[0] & 8 ? FamilySet::all() : FamilySet{Family::IPV4_UNICAST, Family::IPV6_UNICAST};
  if (data[0] & 16) context.addPath = FamilySet::all();
  if (data[0] & 32) context.extendedNextHop = {Family::IPV4_UNICAST, Family::IPV4_MULTICAST};
  if (data[0] & 64) context.families = {Family::IPV4_UNICAST};
  auto message = split(kj::arrayPtr(data + 1, size - 1), context);
  if (message.is<Notification>()) {
    KJ_ASSERT(message.get<Notification>().code == Code::UPDATE);
    return 0;
  }
  auto& update = message.get<Update>();
  for (auto& nlri : update.withdrawn) walkAll(nlri);
  for (auto& announced : update.announced) {
    walkAll(announced.nlri);
    if (announced.nlri.empty()) continue;
    auto decoded = decodeAttributes(update, announced, context);
    if (decoded.disposition < Disposition::WITHDRAW) checkAgain(decoded, announced.nlri.family, context);
  }
  return 0;
}
