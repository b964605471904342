// Any text, read as each of the small languages of policies: nothing may crash or take long, what is good can be asked,
// and asking twice, with the automaton's states at hand the second time, gives the same answer.

#include <kj/debug.h>
#include <policy/community-pattern.h>
#include <policy/expression.h>
#include <policy/numbers.h>

using namespace xylem::policy;

namespace {

void matchPaths(const Regex& regex, kj::ArrayPtr<const uint8_t> bytes) {
  std::vector<uint32_t> members;
  for (auto byte : bytes) members.push_back(byte % 16);
  AsPath path, empty;
  path.append(AsPath::SEQUENCE, kj::arrayPtr(members.data(), members.size()));
  bool matches = regex.matches(path), matchesEmpty = regex.matches(empty);
  KJ_ASSERT(regex.matches(path) == matches);
  KJ_ASSERT(regex.matches(empty) == matchesEmpty);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto bytes = kj::arrayPtr(data, size);
  auto text = kj::heapString(reinterpret_cast<const char*>(data), size);
  auto paths = Regex::parse(text, Regex::PATHS), texts = Regex::parse(text, Regex::TEXTS);
  KJ_IF_MAYBE (wrong, paths.tryGet<Regex::Wrong>())
    KJ_ASSERT(wrong->at <= size && wrong->text.size() > 0);
  else
    matchPaths(*paths.get<kj::Own<Regex>>(), bytes);
  KJ_IF_MAYBE (regex, texts.tryGet<kj::Own<Regex>>()) KJ_ASSERT((*regex)->matches(text) == (*regex)->matches(text));

  auto pattern = CommunityPattern::parse(text);
  KJ_IF_MAYBE (good, pattern.tryGet<CommunityPattern>()) {
    good->matches(Community(65001, 100));
    good->matches(ExtendedCommunity{0x0002fde900000064});
    good->matches(LargeCommunity{65001, 1, 4000000000});
  }
  auto expression = Expression::parse(text);
  KJ_IF_MAYBE (good, expression.tryGet<Expression>()) {
    KJ_ASSERT(good->names().size() > 0);
    good->holds([](uint index) { return index % 2 == 0; });
  }
  Interval::parse(text);
  KJ_IF_MAYBE (amount, Amount::parse(text)) amount->from(nullptr, 100);
  return 0;
}
