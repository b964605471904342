#include <click/elements/standard/bypass.h>

namespace xylem::click {

const Kind Bypass::KIND = kindOf<Bypass>("Bypass", "1-2/1-2", "a/a", "xy/[xy]x");
const Kind Suppressor::KIND = kindOf<Suppressor>("Suppressor", "-/=", "a/a", "#/#");

void Bypass::configure(Args& args) {
  bool isInline = false;
  args.positional("ACTIVE", isActive).keyword("INLINE", isInline).complete();
}

void Suppressor::configure(Args& args) {
  args.complete();
  isActive.assign(size_t(inputs()), true);
}

void Suppressor::addHandlers(Handlers& handlers) {
  for (size_t i = 0; i < isActive.size(); ++i) {
    auto name = "active" + std::to_string(i);
    handlers.read(name, [this, i]() { return print(isActive[i] != 0); });
    handlers.write(name, [this, i](const std::string& text, Errors& errors) {
      bool now;
      if (!read(trim(text), now, Reading{this, errors})) return errors.error("active parameters must be boolean");
      isActive[i] = now;
    });
  }
  handlers.button("reset", [this]() { isActive.assign(isActive.size(), true); });
}

}  // namespace xylem::click
