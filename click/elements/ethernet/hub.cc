#include <click/elements/ethernet/hub.h>

namespace xylem::click {

const Kind Hub::KIND = kindOf<Hub>("Hub", "-/-", "h/h", "#/[^#]");

void Hub::push(int port, PacketPtr packet) {
  int last = outputs() - 1;
  if (last == port) --last;
  for (int i = 0; i < last; ++i)
    if (i != port) output(i).push(packet->clone());
  pushTo(last, std::move(packet));
}

}  // namespace xylem::click
