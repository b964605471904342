#pragma once
// UpdateGroup: peers that are told the same things in the same bytes.
//
//     UpdateGroup<net::Ip4Net> group(table, pool, kind);
//     group.add(peer);
//     while (group.isBusy()) send(group.step(1000));
//
// A group looks at what has changed in the table, asks its Exporter what of it to tell, compares that with what it has
// told (Advertised), and has its Encoder write UPDATE messages, as few as it can. Which peers are in a group, and which
// must leave it for one of their own, is the business of UpdateGroups.
//
// The source of a route must not get it back. Its members share all bytes all the same: messages say whom they are not
// for, and a peer that had a route from somebody else, and is now its source, gets a withdrawal for itself.

#include <protocols/bgp/advertised.h>
#include <protocols/bgp/backlog.h>
#include <protocols/bgp/table.h>

#include <string>

namespace xylem::bgp {

template <typename Net> struct Outgoing {
  // A path, about to be advertised.
  Net net;
  uint16_t source;
  // The peer it is from.
  AttributeId accepted;
};

template <typename Net> class Exporter {
 public:
  virtual AttributeId advertise(const Outgoing<Net>& route) = 0;
  // The attributes to send, held once for the caller, or NONE. It is the same for all members of the group and, while
  // nothing is said to the contrary (UpdateGroups::reexport), the same each time.

 protected:
  ~Exporter() = default;
};

template <typename Net> struct PathKey {
  // What a path is announced and withdrawn by: NLRI.
  Net net;
  uint32_t pathId;
  // Of this router's own choosing (RFC 7911 section 3); 0 without add-path.
};

template <typename Net> class Encoder {
  // Appends whole messages, as many as it takes.
 public:
  virtual void announce(AttributeId attributes, kj::ArrayPtr<const PathKey<Net>> routes, net::ByteWriter& out) = 0;
  virtual void withdraw(kj::ArrayPtr<const PathKey<Net>> routes, net::ByteWriter& out) = 0;
  virtual void endOfRib(net::ByteWriter& out) = 0;
  virtual void beginRefresh(net::ByteWriter& out) = 0;
  virtual void endRefresh(net::ByteWriter& out) = 0;
  // BoRR and EoRR (RFC 7313).

 protected:
  ~Encoder() = default;
};

template <typename Net> struct GroupKind {
  std::string key;
  // Peers with equal keys, and nobody else, share a group: the export policy, the kind of session, all that is in its
  // messages.
  Exporter<Net>& exporter;
  Encoder<Net>& encoder;
  bool addPath = false;
  uint most = 1;
  // With add-path: so many of the best paths.
};

template <typename Net> class UpdateGroup {
 public:
  UpdateGroup(Table<Net>& table, AttributePool& pool, const GroupKind<Net>& kind);
  // Everything is yet to be told, and then End-of-RIB (RFC 4724).
  UpdateGroup(const UpdateGroup& other, const GroupKind<Net>& kind);
  // Its members-to-be have been told the same, and the same is yet to be told.
  ~UpdateGroup();

  const GroupKind<Net> kind;

  void add(uint16_t peer);
  void remove(uint16_t peer);
  const std::vector<uint16_t>& members() const { return list; }

  void reconsider() { dirty.markAll(table.end()); }
  // Compare everything again.
  std::shared_ptr<const Bundle> refresh(bool enhanced);
  // Tell everything again (RFC 2918), between BoRR and EoRR if enhanced. What is to be sent at once, or null.

  bool isFresh() const { return fresh; }
  // It has told nothing yet.
  bool isBusy() const { return !dirty.empty() || isPassing(); }
  std::shared_ptr<const Bundle> step(uint destinations);
  // Look at so many. What is to be sent, or null.

  const Advertised& advertised() const { return *told; }
  std::unique_ptr<Advertised> retire();
  // The group is over: what it told, to be drained by the caller.
  size_t bytes() const { return told->bytes() + dirty.bytes(); }
  size_t dirtyBytes() const { return dirty.bytes(); }

 private:
  static constexpr uint32_t END = ~uint32_t(0);

  struct Change {
    PathKey<Net> key;
    uint32_t next;
  };
  struct Bucket {
    // Changes that go into the same messages: an announcement of these attributes or, with none, a withdrawal.
    AttributeId attributes;
    Audience audience;
    uint32_t first, last;
  };
  struct Told {
    uint32_t pathId;
    Advert advert;
  };

  bool isPassing() const { return endOfRib || resend; }
  bool isMember(uint16_t peer) const { return peer < bits.size() && bits[peer]; }
  Audience everyoneBut(uint16_t peer) const { return {isMember(peer) ? peer : NOBODY, NOBODY}; }
  Interest interest() const { return kind.addPath ? Interest::ANY : Interest::BEST; }

  void look(uint32_t at);
  void lookAtAll(uint32_t at);
  Advert offer(uint32_t at, const Path& path);
  bool differs(PathKey<Net> key, Advert old, Advert now);
  void put(PathKey<Net> key, AttributeId attributes, Audience audience);
  uint32_t bucketFor(AttributeId attributes, Audience audience);
  void encode(bool withdrawals);
  void endStretch(Audience audience);
  void endPass();
  std::shared_ptr<const Bundle> finish();

  Table<Net>& table;
  AttributePool& pool;
  Dirty dirty;
  std::unique_ptr<Advertised> told;
  std::vector<uint16_t> list;
  std::vector<bool> bits;
  bool fresh = true;
  bool endOfRib = true, resend = false, enhanced = false;
  // Of the pass over all destinations that is on.
  uint32_t passLap = 0;

  // Of one step.
  std::vector<Change> changes;
  std::vector<Bucket> buckets;
  std::vector<uint32_t> slots;
  std::vector<PathKey<Net>> keys;
  std::vector<Told> before, after;
  net::ByteWriter out;
  std::vector<Bundle::Stretch> stretches;
};

extern template class UpdateGroup<net::Ip4Net>;
extern template class UpdateGroup<net::Ip6Net>;

}  // namespace xylem::bgp
