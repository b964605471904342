#pragma once
// A stream socket at which other programs connect, as ControlSocket and ChatterSocket have it: at a TCP port, or at a
// file. While its address is in use it is tried again each second, RETRIES times; then the router stops.
//
//     if (listener.keywords(args).consume() && !listener.readAddress(args, type)) ... unknown type
//     listener.open(*this, errors);                                // in `initialize`
//     if (fd == listener.fd()) { auto peer = listener.accept(); }  // in `selected`

#include <click/element.h>
#include <click/scheduler.h>

namespace xylem::click {

class Listener {
 public:
  bool isLocal = false;
  // Listens on 127.0.0.1 only.

  Args& keywords(Args& args) { return args.keyword("RETRIES", retries).keyword("RETRY_WARNINGS", warnsOfRetries); }
  bool readAddress(Args& args, const std::string& type);
  // PORT of type tcp, FILENAME of type unix, in any case, and nothing else; false if there is no such type.
  bool isAt(const Listener& other) const { return isTcp == other.isTcp && address == other.address; }

  void open(Element& owner, Errors& errors);
  // From now on the owner's `selected` is called when somebody connects. The element lives as long as this.
  void takeOver(Listener& former, Element& owner);
  // The socket of one that is at the same address.
  void close();

  struct Peer {
    int fd = -1;
    std::string address;
    // "10.0.0.2.40000", empty for those that come by a file.
  };
  Peer accept();
  // Does not block and is closed on exec; -1 if nobody is there. Troubles are told.
  int fd() const { return socket; }
  std::string port() const;
  // The number, also if it was chosen freely, or the file's name.

 private:
  bool tryOpen(Errors& errors);
  int bound(std::string& failed) const;
  void retry();

  bool isTcp = true, warnsOfRetries = true;
  int32_t retries = 0;
  std::string address;
  int socket = -1;
  Element* owner = nullptr;
  Timer timer;
};

}  // namespace xylem::click
