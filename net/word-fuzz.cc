// Any text is refused with a reason, or is a value that prints to a text which parses to the same value.

#include <net/mac.h>
#include <net/word.h>

#include <kj/debug.h>

namespace {

using namespace xylem::net;

template <typename T> void check(kj::StringPtr text) {
  KJ_IF_MAYBE (value, T::parse(text)) {
    auto printed = value->toString();
    KJ_ASSERT(KJ_ASSERT_NONNULL(T::parse(printed)) == *value, text, printed);
    KJ_ASSERT(KJ_ASSERT_NONNULL(T::parse(printed)).toString() == printed, text, printed);
  } else {
    KJ_ASSERT(T::whyNot(text).size() > 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = kj::heapString(reinterpret_cast<const char*>(data), size);
  check<Ip4>(text);
  check<Ip6>(text);
  check<Ip>(text);
  check<Ip4Net>(text);
  check<Ip6Net>(text);
  check<IpNet>(text);
  check<IfAddr>(text);
  check<Mac>(text);
  auto word = kebab(text);
  KJ_ASSERT(kebab(camel(word)).size() <= word.size());
  return 0;
}
