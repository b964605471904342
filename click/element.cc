// What an element is when it says nothing else.

#include <click/codes.h>
#include <click/element.h>

namespace xylem::click {

void Element::push(int, PacketPtr) {}

void Element::pushBatch(int port, Batch& batch) {
  for (auto packet : batch.release()) push(port, PacketPtr(packet));
}

PacketPtr Element::pull(int) { return nullptr; }

void Element::pullBatch(int port, Batch& batch, unsigned most) {
  while (batch.size() < most && !batch.full()) {
    auto packet = pull(port);
    if (packet == nullptr) return;
    batch.add(std::move(packet));
  }
}

std::vector<bool> Element::flow(Direction side, int port) const {
  bool isOutput = side == Direction::OUTPUT;
  return flowFrom(flowCode(), isOutput, port, isOutput ? inputs() : outputs());
}

void Element::chatter(const std::string& text) const { announce(text); }

}  // namespace xylem::click
