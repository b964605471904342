// A stream of messages, and the body of an OPEN: what is taken for good must come out the same when it is encoded and
// decoded again.

#include <protocols/bgp/message.h>

#include <kj/debug.h>

using namespace xylem::bgp;

namespace {

void checkOpen(Bytes body) {
  auto decoded = decodeOpen(body);
  if (decoded.is<Notification>()) {
    KJ_ASSERT(decoded.get<Notification>().code == Code::OPEN);
    return;
  }
  auto& open = decoded.get<Open>();
  auto message = encodeOpen(open);
  auto framed = frame(message, MAX_MESSAGE);
  auto again = decodeOpen(framed.get<Frame>().body);
  auto message2 = encodeOpen(again.get<Open>());
  KJ_ASSERT(message.asPtr() == message2.asPtr());
  auto agreed = negotiate(open, again.get<Open>());
  KJ_ASSERT(agreed.internal && agreed.maxSent <= agreed.maxReceived);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes stream = kj::arrayPtr(data, size);
  checkOpen(stream);
  while (stream.size() > 0) {
    auto framed = frame(stream, size % 2 ? MAX_MESSAGE : MAX_EXTENDED);
    if (!framed.is<Frame>()) {
      KJ_ASSERT(!framed.is<Need>() || framed.get<Need>().bytes > stream.size());
      break;
    }
    auto& one = framed.get<Frame>();
    if (one.type == Type::OPEN) checkOpen(one.body);
    if (one.type == Type::NOTIFICATION) {
      KJ_IF_MAYBE (notification, decodeNotification(one.body)) {
        kj::str(*notification, notification->communication().orDefault(kj::String()));
        auto encoded = encodeNotification(*notification);
        KJ_ASSERT(encoded.asPtr() == one.whole.slice(0, kj::min(one.whole.size(), MAX_MESSAGE)) ||
                  one.whole.size() > MAX_MESSAGE);
      }
    }
    if (one.type == Type::ROUTE_REFRESH) decodeRefresh(one);
    stream = stream.slice(one.whole.size(), stream.size());
  }
  return 0;
}
