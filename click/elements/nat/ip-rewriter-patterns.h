#pragma once
// IPRewriterPatterns(NAME PATTERN, ...)
//
// Gives patterns names, by which rewriters can use them together: flows of all get different ports. Patterns are as
// those of IPRewriter, without outputs.
//
// Example: IPRewriterPatterns(out 1.0.0.1 1024-65535 - -); rw :: IPRewriter(pattern out 0 1, drop);

#include <click/element.h>
#include <click/elements/nat/pattern.h>

#include <map>

namespace xylem::click {

class IPRewriterPatterns final : public Element {
 public:
  static const Kind KIND;
  int configurePhase() const override { return PHASE_DEFAULT - 2; }
  void configure(Args& args) override;

  static std::shared_ptr<RewriterPattern> find(const std::string& name, const Element& context);
  // Of all elements of this kind in the router; null if there is none.

 private:
  std::map<std::string, std::shared_ptr<RewriterPattern>> named;
};

}  // namespace xylem::click
