// What flows where is in the header, to be inlined.

#include <click/elements/standard/bypass.h>

namespace xylem::click {

const Kind Bypass::KIND = kindOf<Bypass>("Bypass", "1-2/1-2", "a/a", "xy/[xy]x");

void Bypass::configure(Args& args) {
  bool isInline = false;
  args.positional("ACTIVE", isActive).keyword("INLINE", isInline).complete();
}

}  // namespace xylem::click
