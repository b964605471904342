#pragma once
// A BGP session of the benchmark over a TCP socket that never blocks: the caller polls `fd` and says what is to be read
// and written.

#include <bench/bgp/messages.h>
#include <kj/io.h>

#include <chrono>
#include <string>

namespace xylem::bench {

inline double now() {
  // Seconds of the monotonic clock.
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

kj::Maybe<kj::AutoCloseFd> call(net::Ip from, net::Ip to);
// Port 179; nothing when nobody is there.
kj::AutoCloseFd listenOn(net::Ip address);
// Accepting does not block.

class Session {
 public:
  Session(kj::AutoCloseFd socket, uint32_t as, net::Ip4 identifier, uint8_t version);
  // Says its OPEN at once.
  KJ_DISALLOW_COPY(Session);

  int fd() const { return socket; }
  bool isEstablished() const { return established; }
  bool isLost() const { return lost; }
  // The other side has gone.
  const std::string& lastWords() const { return words; }
  // Of a NOTIFICATION that came.

  template <typename Each> bool read(Each&& each) {
    // What has arrived, at most a megabyte. Calls `each` with every UPDATE; whether there was anything.
    if (!fill()) return false;
    for (;;) {
      KJ_IF_MAYBE (message, frame(buffer.slice(begin, end))) {
        begin += message->whole.size();
        if (message->type == Type::UPDATE)
          each(*message);
        else
          take(*message);
      } else {
        return true;
      }
    }
  }
  size_t write(net::Bytes bytes);
  // As much as the socket takes.

 private:
  bool fill();
  void take(const Frame& message);

  kj::AutoCloseFd socket;
  kj::Array<kj::byte> buffer = kj::heapArray<kj::byte>(1 << 20);
  size_t begin = 0, end = 0;
  bool established = false, lost = false;
  std::string words;
};

}  // namespace xylem::bench
