#pragma once
// Backlog: what is to be sent to one peer. The bytes themselves are shared with the other members of its update group.
//
//     backlog.push(bundle);
//     auto bytes = backlog.peek();
//     backlog.consumed(write(fd, bytes.begin(), bytes.size()));
//
// A bundle is a number of messages, in stretches that are for everyone, for everyone but one peer, or for one peer
// only. Each peer finds its own way through; a bundle goes when the last one is through with it.

#include <net/bytes.h>

#include <deque>
#include <memory>
#include <vector>

namespace xylem::bgp {

constexpr uint16_t NOBODY = 0xffff;
// No peer's index.

struct Audience {
  uint16_t except = NOBODY, only = NOBODY;

  bool includes(uint16_t peer) const { return peer != except && (only == NOBODY || only == peer); }
  bool operator==(const Audience&) const = default;
};

struct Bundle {
  struct Stretch {
    size_t end;
    // Behind its last byte.
    Audience audience;
  };
  kj::Array<kj::byte> bytes;
  std::vector<Stretch> stretches;
};

class Backlog {
 public:
  explicit Backlog(uint16_t peer) : peer(peer) {}

  void push(std::shared_ptr<const Bundle> bundle);
  net::Bytes peek() const;
  // What comes next, in one piece: none only when there is nothing at all. It ends with a message or goes on in the
  // next piece.
  void consumed(size_t count);
  // That much of what `peek` says was sent.
  size_t size() const { return left; }
  // In bytes, for this peer.
  bool empty() const { return left == 0; }

 private:
  void settle();

  uint16_t peer;
  std::deque<std::shared_ptr<const Bundle>> bundles;
  size_t stretch = 0, at = 0;
  // In the first bundle; a stretch that is for this peer, when anything is left.
  size_t left = 0;
};

}  // namespace xylem::bgp
