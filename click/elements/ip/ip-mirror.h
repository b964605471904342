#pragma once
// IPMirror([DST_ANNO true])
//
// Exchanges source and destination of IP packets, and the ports of TCP and UDP. The new destination is annotated,
// unless DST_ANNO is false.
//
// Ports: 1 input, 1 output, agnostic.

#include <click/element.h>

namespace xylem::click {

class IPMirror final : public Simple<IPMirror> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.positional("DST_ANNO", hasAnno).complete(); }
  int step(Packet& packet);

 private:
  bool hasAnno = true;
};

}  // namespace xylem::click
