// Kinds by name. An element of an unknown class stands where it was written, so that all other errors are found too.

#include <click/kinds.h>

#include <unordered_map>

namespace xylem::click {

namespace {

class Unknown final : public Element {
 public:
  void configure(Args& args) override {
    Strings ignored;
    args.rest(ignored);
  }
};

}  // namespace

const Kind ERROR_KIND = kindOf<Unknown>("Error", "-/-", "a/a");

const Kind* findKind(const std::string& name) {
  static const auto byName = []() {
    std::unordered_map<std::string, const Kind*> map;
    for (auto kind : allKinds()) map[kind->name] = kind;
    return map;
  }();
  auto found = byName.find(name);
  return found == byName.end() ? nullptr : found->second;
}

}  // namespace xylem::click
