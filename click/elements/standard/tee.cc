// The last output gets the packet itself, the others copies of it.

#include <click/elements/standard/tee.h>

namespace xylem::click {

const Kind Tee::KIND = kindOf<Tee>("Tee", "1/1-", "h/h");
const Kind PullTee::KIND = kindOf<PullTee>("PullTee", "1/1-", "l/lh");

namespace {

void checkOutputs(Element& element, Args& args) {
  int32_t wanted = element.outputs();
  if (args.positional("N", wanted).complete() && wanted != element.outputs())
    args.error(format("%d outputs implies %d arms", element.outputs(), wanted));
}

}  // namespace

void Tee::configure(Args& args) { checkOutputs(*this, args); }

void Tee::push(int, PacketPtr packet) {
  for (int port = 0; port + 1 < outputs(); ++port) output(port).push(packet->clone());
  output(outputs() - 1).push(std::move(packet));
}

void PullTee::configure(Args& args) { checkOutputs(*this, args); }

PacketPtr PullTee::pull(int) {
  auto packet = input(0).pull();
  if (packet == nullptr) return nullptr;
  for (int port = 1; port < outputs(); ++port) output(port).push(packet->clone());
  return packet;
}

}  // namespace xylem::click
