// Any text is a locator that prints as one that parses to the same, or a problem with a place in the text.

#include <kj/debug.h>
#include <xrl/locator.h>

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace xylem::xrl;
  auto text = kj::heapString(reinterpret_cast<const char*>(data), size);
  auto parsed = parseLocator(text);
  if (parsed.is<BadLocator>()) {
    KJ_ASSERT(parsed.get<BadLocator>().at <= text.size());
    return 0;
  }
  auto printed = kj::str(parsed.get<Locator>());
  auto again = parseLocator(printed);
  KJ_ASSERT(again.is<Locator>() && kj::str(again.get<Locator>()) == printed, text);
  return 0;
}
