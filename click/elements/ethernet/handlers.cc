// A value that cannot be read leaves the variable as it is: it is read into another one first.

#include <click/elements/ethernet/handlers.h>
#include <click/ethernet.h>

namespace xylem::click {

namespace {

template <typename T> void writer(Handlers& handlers, Element& element, const std::string& name, T& variable) {
  handlers.write(name, [&element, &variable](const std::string& text, Errors& errors) {
    T now;
    if (!read(trim(text), now, Reading{&element, errors})) return errors.error("syntax error");
    variable = now;
  });
}

}  // namespace

void macHandler(Handlers& handlers, Element& element, const std::string& name, Mac& mac) {
  handlers.read(name, [&mac]() { return ether::print(mac); });
  writer(handlers, element, name, mac);
}

void ipHandler(Handlers& handlers, Element& element, const std::string& name, Ip4& address) {
  handlers.read(name, [&address]() { return ip4::print(address); });
  writer(handlers, element, name, address);
}

}  // namespace xylem::click
