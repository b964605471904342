// Framing.
//
// Output gathers in one buffer that is sent when the loop is about to sleep, or at once when it has grown to CHUNK. A
// message with descriptors is sent by a call of its own, so that the kernel delivers them with its first byte: the
// reader finds them arrived when the message is complete, and takes as many as the message says, in order.
//
// Input lies in reference-counted slabs. A message is read where it lies and keeps its slab; when the slab is full, its
// unparsed rest moves to a new one.

#include <xrl/frames.h>
#include <xrl/task.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace xylem::xrl {

namespace {

constexpr size_t CHUNK = 64 << 10;

// Reading a batch twice must not exhaust what a message allows to be traversed.
constexpr capnp::ReaderOptions READING{.traversalLimitInWords = MAX_MESSAGE, .nestingLimit = 64};

}  // namespace

class Frames::Slab : public kj::Refcounted {
 public:
  explicit Slab(size_t bytes) : words(kj::heapArray<capnp::word>((bytes + 7) / 8)) {}
  kj::byte* bytes() { return reinterpret_cast<kj::byte*>(words.begin()); }
  size_t size() { return words.size() * sizeof(capnp::word); }
  bool exclusive() { return !isShared(); }

 private:
  kj::Array<capnp::word> words;
};

class Frames::SlabReader final : public capnp::MessageReader {
 public:
  SlabReader(kj::Own<Slab> slab, const uint32_t* table, size_t count)
      : MessageReader(READING), slab(kj::mv(slab)), segments(kj::heapArray<kj::ArrayPtr<const capnp::word>>(count)) {
    auto at = reinterpret_cast<const capnp::word*>(table) + count / 2 + 1;
    for (size_t i = 0; i < count; ++i) {
      segments[i] = kj::arrayPtr(at, table[i + 1]);
      at += table[i + 1];
    }
  }
  kj::ArrayPtr<const capnp::word> getSegment(uint id) override {
    return id < segments.size() ? segments[id] : kj::ArrayPtr<const capnp::word>();
  }

 private:
  kj::Own<Slab> slab;
  kj::Array<kj::ArrayPtr<const capnp::word>> segments;
};

Frames::Frames(Loop& loop, kj::AutoCloseFd fd, size_t backlog, size_t largest)
    : loop(loop),
      socket(kj::mv(fd)),
      backlog(backlog),
      largest(largest),
      readable(loop, socket, Readiness::READ),
      writable(loop, socket, Readiness::WRITE),
      slab(kj::refcounted<Slab>(CHUNK)) {
  int flags;
  KJ_SYSCALL(flags = fcntl(socket, F_GETFL));
  KJ_SYSCALL(fcntl(socket, F_SETFL, flags | O_NONBLOCK));
}

Frames::~Frames() noexcept(false) {
  flush();
  loop.uncork(*this);
}

// ---- output

void Frames::write(Segments segments, kj::ArrayPtr<const int> descriptors) {
  if (broken) return;
  KJ_REQUIRE(segments.size() <= MAX_SEGMENTS && descriptors.size() <= MAX_DESCRIPTORS, "message too fragmented");

  uint32_t table[MAX_SEGMENTS + 2];
  table[0] = uint32_t(segments.size() - 1) | uint32_t(descriptors.size()) << 16;
  size_t words = 0;
  for (size_t i = 0; i < segments.size(); ++i) words += table[i + 1] = segments[i].size();
  KJ_REQUIRE(words * sizeof(capnp::word) <= MAX_MESSAGE, "message too large", words);
  table[segments.size() + 1] = 0;
  size_t tableBytes = (segments.size() / 2 + 1) * sizeof(capnp::word);

  dropWritten();
  size_t offset = output.size();
  auto append = [this](kj::ArrayPtr<const kj::byte> bytes) { output.insert(output.end(), bytes.begin(), bytes.end()); };
  append(kj::arrayPtr(reinterpret_cast<const kj::byte*>(table), tableBytes));
  for (auto& segment : segments) append(segment.asBytes());

  if (descriptors.size() > 0) {
    auto copies = kj::heapArrayBuilder<kj::AutoCloseFd>(descriptors.size());
    for (int fd : descriptors) {
      int copy;
      KJ_SYSCALL(copy = fcntl(fd, F_DUPFD_CLOEXEC, 0));
      copies.add(kj::AutoCloseFd(copy));
    }
    passing.push_back(Passing{offset, output.size() - offset, copies.finish()});
  }

  if (output.size() - written >= CHUNK)
    flush();
  else
    loop.cork(*this);
}

void Frames::dropWritten() {
  if (written < CHUNK || written < output.size() / 2) return;
  output.erase(output.begin(), output.begin() + written);
  for (auto& each : passing) each.offset -= written;
  written = 0;
}

void Frames::flush() {
  if (blocked || writeOut()) return;
  blocked = true;
  static constexpr auto whenPossible = [](Frames& self) -> Task<void> {
    do co_await self.writable.wait();
    while (!self.writeOut());
    self.blocked = false;
  };
  writing = kj::Promise<void>(whenPossible(*this)).eagerlyEvaluate([this](kj::Exception&&) { fail(); });
}

bool Frames::writeOut() {
  // Write until all is written, which is true, or the socket is full.
  while (!broken && written < output.size()) {
    auto rest = kj::arrayPtr(output.data() + written, output.size() - written);
    kj::ArrayPtr<const kj::AutoCloseFd> descriptors;
    if (!passing.empty()) {
      auto& next = passing.front();
      if (next.offset == written) {
        rest = rest.slice(0, next.size);
        descriptors = next.descriptors;
      } else if (next.offset > written) {
        rest = rest.slice(0, next.offset - written);
      }
    }
    KJ_IF_MAYBE (count, send(rest, descriptors)) {
      if (broken) break;
      written += *count;
      if (descriptors.size() > 0 && !broken) passing.pop_front();
    } else {
      return false;
    }
  }
  output.clear();
  written = 0;
  for (auto& each : waiting) each->fulfill();
  waiting.clear();
  return true;
}

kj::Maybe<size_t> Frames::send(kj::ArrayPtr<const kj::byte> bytes, kj::ArrayPtr<const kj::AutoCloseFd> descriptors) {
  // How much went out, or nullptr if the socket is full. A fault breaks the connection and counts as all.
  iovec piece{const_cast<kj::byte*>(bytes.begin()), bytes.size()};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * MAX_DESCRIPTORS)];
  if (descriptors.size() > 0) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
    auto rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
    auto fds = reinterpret_cast<int*>(CMSG_DATA(rights));
    for (size_t i = 0; i < descriptors.size(); ++i) fds[i] = descriptors[i].get();
  }
  for (;;) {
    ssize_t count = ::sendmsg(socket, &header, MSG_NOSIGNAL);
    if (count >= 0) return size_t(count);
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return nullptr;
    fail();
    return bytes.size();
  }
}

void Frames::fail() {
  broken = true;
  output.clear();
  written = 0;
  passing.clear();
  for (auto& each : waiting) each->fulfill();
  waiting.clear();
}

kj::Promise<void> Frames::caughtUp() {
  auto paf = kj::newPromiseAndFulfiller<void>();
  waiting.add(kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

kj::Promise<void> Frames::end() {
  flush();
  auto done = output.size() > written ? caughtUp() : kj::Promise<void>(kj::READY_NOW);
  return done.then([this]() { ::shutdown(socket, SHUT_WR); });
}

// ---- input

kj::Promise<kj::Maybe<Frame>> Frames::read() {
  if (output.size() - written <= backlog) {
    KJ_IF_MAYBE (frame, parse()) return kj::Maybe<Frame>(kj::mv(*frame));
  }
  return readMore();
}

kj::Promise<kj::Maybe<Frame>> Frames::readMore() {
  static constexpr auto wait = [](Frames& self) -> Task<kj::Maybe<Frame>> {
    for (;;) {
      if (self.output.size() - self.written > self.backlog) co_await self.caughtUp();
      KJ_IF_MAYBE (frame, self.parse()) co_return kj::mv(*frame);
      if (self.ended) co_return nullptr;
      co_await self.readable.wait();
      self.fill();
    }
  };
  return wait(*this);
}

kj::Maybe<Frame> Frames::parse() {
  size_t have = filled - parsed;
  needed = sizeof(capnp::word);
  if (have < needed) return nullptr;
  auto table = reinterpret_cast<const uint32_t*>(slab->bytes() + parsed);
  size_t count = (table[0] & 0xffff) + 1, descriptors = table[0] >> 16;
  KJ_REQUIRE(count <= MAX_SEGMENTS && descriptors <= MAX_DESCRIPTORS, "malformed message: too many pieces");

  needed = (count / 2 + 1) * sizeof(capnp::word);
  if (have < needed) return nullptr;
  size_t words = 0;
  for (size_t i = 0; i < count; ++i) words += table[i + 1];
  KJ_REQUIRE(words * sizeof(capnp::word) <= largest, "malformed message: too large", words);

  needed += words * sizeof(capnp::word);
  if (have < needed) return nullptr;
  KJ_REQUIRE(arrived.size() >= descriptors, "malformed message: descriptors are missing");
  auto fds = kj::heapArrayBuilder<kj::AutoCloseFd>(descriptors);
  for (size_t i = 0; i < descriptors; ++i) {
    fds.add(kj::mv(arrived.front()));
    arrived.pop_front();
  }
  parsed += needed;
  needed = 0;
  return Frame{kj::heap<SlabReader>(kj::addRef(*slab), table, count), fds.finish(), words};
}

void Frames::makeRoom() {
  if (parsed == filled && slab->exclusive() && needed <= slab->size()) {
    parsed = filled = 0;
  } else if (slab->size() - parsed < needed || slab->size() - filled < CHUNK / 16) {
    auto larger = kj::refcounted<Slab>(kj::max(CHUNK, needed));
    memcpy(larger->bytes(), slab->bytes() + parsed, filled - parsed);
    slab = kj::mv(larger);
    filled -= parsed;
    parsed = 0;
  }
}

void Frames::fill() {
  makeRoom();
  iovec piece{slab->bytes() + filled, slab->size() - filled};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * MAX_DESCRIPTORS)];
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t count = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  if (count < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    if (errno == ECONNRESET) {
      ended = true;
      return;
    }
    KJ_FAIL_SYSCALL("recvmsg", errno);
  }
  for (auto rights = CMSG_FIRSTHDR(&header); rights != nullptr; rights = CMSG_NXTHDR(&header, rights)) {
    if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) continue;
    auto fds = reinterpret_cast<const int*>(CMSG_DATA(rights));
    for (size_t i = 0; i < (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) arrived.emplace_back(fds[i]);
  }
  KJ_REQUIRE(arrived.size() <= MAX_DESCRIPTORS, "descriptors arrived that no message speaks of");
  if (count == 0) ended = true;
  filled += count;
}

}  // namespace xylem::xrl
