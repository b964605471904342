// Names are looked for in all elements of this kind, so that it does not matter which one has them.

#include <click/elements/nat/ip-rewriter-patterns.h>
#include <click/router.h>

namespace xylem::click {

const Kind IPRewriterPatterns::KIND = kindOf<IPRewriterPatterns>("IPRewriterPatterns");

void IPRewriterPatterns::configure(Args& args) {
  Strings all;
  if (!args.rest(all).complete()) return;
  for (auto each : all) {
    auto name = shiftWord(each);
    if (name.empty()) continue;
    if (find(name, *this)) {
      args.error("pattern name " + quoted(name) + " has already been defined");
      continue;
    }
    Prefixed prefixed(args.errors, name + ": ");
    if (auto pattern = RewriterPattern::parse(splitWords(each), Reading{this, prefixed})) named[name] = pattern;
  }
}

std::shared_ptr<RewriterPattern> IPRewriterPatterns::find(const std::string& name, const Element& context) {
  for (auto& each : context.router().elements())
    if (auto patterns = dynamic_cast<IPRewriterPatterns*>(each.get()))
      if (auto found = patterns->named.find(name); found != patterns->named.end()) return found->second;
  return nullptr;
}

}  // namespace xylem::click
