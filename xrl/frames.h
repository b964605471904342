#pragma once
// Cap'n Proto messages with file descriptors on a Unix stream socket: the framing below a Connection.
//
// On the wire is Cap'n Proto's stream framing (a segment table, then the segments), with the number of descriptors that
// travel with a message in the upper half of the table's first word. Output is corked until the loop sleeps, so that a
// burst of messages is one system call; input is read 64 KiB at a time and used in place.

#include <capnp/message.h>
#include <kj/io.h>
#include <kj/vector.h>
#include <xrl/loop.h>

#include <deque>
#include <vector>

namespace xylem::xrl {

constexpr size_t MAX_MESSAGE = 64 << 20;
// Bytes. The largest are whole configurations; route batches stay far below.
constexpr size_t MAX_SEGMENTS = 512;
constexpr size_t MAX_DESCRIPTORS = 16;
// In one message.

using Segments = kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>;

struct Frame {
  // A message that has arrived.
  kj::Own<capnp::MessageReader> message;
  kj::Array<kj::AutoCloseFd> descriptors;
  size_t words;
};

class Frames final : private Corked {
 public:
  Frames(Loop& loop, kj::AutoCloseFd socket, size_t backlog, size_t largest = MAX_MESSAGE);
  // While more than `backlog` bytes of output wait for the other side to read them, nothing is read from it. What
  // arrives has at most `largest` bytes.
  ~Frames() noexcept(false);
  KJ_DISALLOW_COPY(Frames);

  void write(Segments segments, kj::ArrayPtr<const int> descriptors);
  // Queue a message: the segments are copied, the descriptors duplicated. After a fault of the socket this does
  // nothing; the fault shows when reading.

  kj::Promise<kj::Maybe<Frame>> read();
  // The next message, or nullptr at the end of the stream. Throws if the other side breaks the framing.

  kj::Promise<void> end();
  // Write what is queued and close the sending direction.

 private:
  class Slab;
  class SlabReader;
  struct Passing {
    size_t offset, size;
    kj::Array<kj::AutoCloseFd> descriptors;
  };

  void flush() override;
  bool writeOut();
  kj::Maybe<size_t> send(kj::ArrayPtr<const kj::byte> bytes, kj::ArrayPtr<const kj::AutoCloseFd> descriptors);
  void dropWritten();
  void fail();
  kj::Promise<void> caughtUp();
  kj::Maybe<Frame> parse();
  void fill();
  void makeRoom();
  kj::Promise<kj::Maybe<Frame>> readMore();

  Loop& loop;
  kj::AutoCloseFd socket;
  size_t backlog, largest;
  Readiness readable, writable;

  kj::Own<Slab> slab;
  size_t parsed = 0, filled = 0;
  // Bytes of the slab: taken as messages, and read from the socket.
  size_t needed = 0;
  // Bytes from `parsed` on that the next message takes, as far as is known.
  bool ended = false;
  std::deque<kj::AutoCloseFd> arrived;

  std::vector<kj::byte> output;
  size_t written = 0;
  std::deque<Passing> passing;
  // Messages in `output`, by offset, that take descriptors along.
  bool broken = false, blocked = false;
  kj::Promise<void> writing = nullptr;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;
};

}  // namespace xylem::xrl
