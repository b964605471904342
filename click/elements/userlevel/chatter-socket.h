#pragma once
// ChatterSocket(TCP, PORT, [...]), ChatterSocket(UNIX, FILENAME, [...])
//
// Lets other programs follow what the router says on standard error: messages of elements (Print, for one), warnings
// and errors. Who connects gets the line "Click::ChatterSocket/1.0", which ends with CRLF, and then each message from
// that moment on. Nothing is read from the connection, and one that falls more than 500,000 bytes behind is closed.
// Keywords: GREETING (true); RETRIES and RETRY_WARNINGS (true) as those of ControlSocket; CHANNEL (default) is the
// channel to follow, of which only `default` is spoken on; QUIET_CHANNEL (true) says of any other that it does not go
// to standard error.
//
// When a router is replaced while it runs, the connections go on with the ChatterSocket of the same name and address.
//
// Ports: none.
// Handlers: none.
// Example: ChatterSocket(UNIX, /tmp/chatter);

#include <click/element.h>
#include <click/elements/userlevel/listener.h>

#include <map>

namespace xylem::click {

class ChatterSocket final : public Element, private Audience {
 public:
  static const Kind KIND;
  int configurePhase() const override { return PHASE_INFO; }
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void takeState(Element& former, Errors& errors) override;
  void cleanup() override;
  void selected(int fd, bool readable, bool writable) override;

 private:
  bool isLike(const ChatterSocket& other) const { return listener.isAt(other.listener) && channel == other.channel; }
  void hear(const std::string& line) override;
  void accept();
  bool flush(int fd, std::string& waiting);
  // False if the connection is to be closed.
  void drop(int fd);

  Listener listener;
  std::string channel = "default";
  bool hasGreeting = true;
  std::map<int, std::string> connections;
  // By descriptor: what waits to be sent.
};

}  // namespace xylem::click
