#pragma once
// ControlSocket(TCP, PORT, [...]), ControlSocket(UNIX, FILENAME, [...])
//
// Lets other programs read and write handlers, over TCP or a Unix socket; the protocol is described in
// control-connection.h. Keywords: READONLY (false) allows no writes; PROXY names an element that all handlers are asked
// of; VERBOSE tells of connections; LOCALHOST listens on 127.0.0.1 only; RETRIES says how often to try again, once a
// second, when the address is in use, and RETRY_WARNINGS (true) whether to complain about that. Port 0 is any that is
// free.
//
// When a router is replaced while it runs, the connections go on with the ControlSocket of the same name and address.
//
// Ports: none.
// Handlers: port (r): the port number or file name.
// Example: ControlSocket(TCP, 7777, LOCALHOST true);

#include <click/element.h>
#include <click/elements/userlevel/control-connection.h>
#include <click/elements/userlevel/listener.h>

#include <map>

namespace xylem::click {

class ControlSocket final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void takeState(Element& former, Errors& errors) override;
  void cleanup() override;
  void selected(int fd, bool readable, bool writable) override;

 private:
  void accept();
  void receive(int fd, ControlConnection& connection);
  bool flush(int fd, ControlConnection& connection);
  // False if nothing more can be written.
  void drop(int fd);
  ControlPolicy policy() const { return {&router(), proxy, isReadOnly}; }

  bool isReadOnly = false, isVerbose = false;
  Element* proxy = nullptr;
  Listener listener;
  std::map<int, ControlConnection> connections;
};

}  // namespace xylem::click
