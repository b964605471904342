// A color is a byte of the annotations, so that painting copies no packet.

#include <click/elements/standard/paint.h>

namespace xylem::click {

const Kind Paint::KIND = kindOf<Paint>("Paint", "1/1", "a/a");
const Kind CheckPaint::KIND = kindOf<CheckPaint>("CheckPaint", "1/1-2", "a/ah");
const Kind PaintTee::KIND = kindOf<PaintTee>("PaintTee", "1/2", "a/ah");
const Kind PaintSwitch::KIND = kindOf<PaintSwitch>("PaintSwitch", "1/-", "h/h");

namespace {

void readColor(Args& args, uint8_t& color, unsigned& anno) {
  args.mandatory("COLOR", color).positional("ANNO", anno, as::annotation).complete();
}

}  // namespace

void Paint::configure(Args& args) { readColor(args, color, anno); }
void Paint::addHandlers(Handlers& handlers) { handlers.dataRw("color", color); }
void CheckPaint::configure(Args& args) { readColor(args, color, anno); }
void CheckPaint::addHandlers(Handlers& handlers) { handlers.dataRw("color", color); }
void PaintTee::configure(Args& args) { readColor(args, color, anno); }
void PaintTee::addHandlers(Handlers& handlers) { handlers.dataRw("color", color); }

void PaintSwitch::push(int, PacketPtr packet) {
  auto color = packet->anno8(anno);
  if (color != ALL) return pushTo(color, std::move(packet));
  for (int port = 0; port + 1 < outputs(); ++port) output(port).push(packet->clone());
  pushTo(outputs() - 1, std::move(packet));
}

}  // namespace xylem::click
