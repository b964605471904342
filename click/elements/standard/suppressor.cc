// Each port has a switch; what comes to a closed one is dropped.

#include <click/elements/standard/suppressor.h>

namespace xylem::click {

const Kind Suppressor::KIND = kindOf<Suppressor>("Suppressor", "-/=", "a/a", "#/#");

void Suppressor::addHandlers(Handlers& handlers) {
  for (int i = 0; i < inputs(); ++i) {
    auto name = "active" + std::to_string(i);
    handlers.read(
        name, [this, i]() { return click::print(bool(passes[size_t(i)])); }, Handler::CHECKBOX);
    handlers.write(name, [this, i](const std::string& text, Errors& errors) {
      bool wanted = false;
      if (!read(trim(text), wanted, Reading{this, errors})) return errors.error("active value must be boolean");
      set(i, wanted);
    });
  }
  handlers.button("reset", [this]() { passes.assign(size_t(inputs()), true); });
  for (bool isPassing : {true, false})
    handlers.write(isPassing ? "allow" : "suppress", [this, isPassing](const std::string& text, Errors& errors) {
      int32_t port = 0;
      if (!read(trim(text), port, Reading{this, errors})) return;
      if (port < 0 || port >= inputs()) return errors.error("no such port");
      set(port, isPassing);
    });
}

void Suppressor::push(int port, PacketPtr packet) {
  if (passes[size_t(port)]) output(port).push(std::move(packet));
}

}  // namespace xylem::click
