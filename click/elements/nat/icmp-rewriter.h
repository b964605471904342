#pragma once
// ICMPRewriter(MAPS [, DST_ANNO true, REPLY_ANNO a])
//
// Translates ICMP errors. MAPS are rewriters, separated by spaces: IPRewriter, ICMPPingRewriter and so on. An error is
// about a packet, the beginning of which it carries. If that one is of a flow that a rewriter knows, its addresses and
// ports are changed back, the error goes to who sent it, and checksums are updated. Other ICMP packets, and errors
// about unknown flows, go to output 1, or are dropped. Other packets than ICMP, and errors that carry too little, are
// dropped. The IPv4 header must have been noted.
//
// Ports: 1 input, 1 or 2 outputs; agnostic, the second output pushes.
// Example: rw :: IPRewriter(...); ... -> icmp :: IPClassifier(icmp, -) -> ICMPRewriter(rw) -> ...;

#include <click/element.h>
#include <click/elements/nat/rewriter.h>

namespace xylem::click {

class ICMPRewriter final : public Simple<ICMPRewriter> {
 public:
  static const Kind KIND;
  int configurePhase() const override { return PHASE_DEFAULT + 1; }
  void configure(Args& args) override;
  int step(Packet& packet);

 private:
  std::optional<FlowId> original(Ip4View carried) const;
  // What the packet that is carried looked like to who sent it.
  void rewrite(Packet& packet, Ip4View ip, Ip4View carried, const FlowId& sent);

  std::vector<Rewriter*> maps;
  bool notesDestination = true;
};

}  // namespace xylem::click
