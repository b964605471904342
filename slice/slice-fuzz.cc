// Any text, read as a slice file: nothing may crash, and what is right is read the same again.

#include <slice/plan.h>
#include <slice/read.h>

#include <kj/debug.h>

using namespace xylem::slice;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = kj::heapString(reinterpret_cast<const char*>(data), size);
  OpenFile open = [&](kj::StringPtr path) -> kj::Maybe<kj::String> {
    // Files hold the same.
    if (path.size() == 0) return nullptr;
    return kj::str(text);
  };
  auto once = read(text, open);
  for (auto& problem : once.problems) KJ_ASSERT(problem.text.size() > 0 && problem.place.line > 0, problem);
  if (!once.problems.empty()) return 0;
  auto twice = read(text, open);
  KJ_ASSERT(twice.problems.empty() && once.slices == twice.slices);
  for (auto& slice : once.slices) KJ_ASSERT(plan(&slice, slice).empty());
  return 0;
}
