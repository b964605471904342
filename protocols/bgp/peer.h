#pragma once
// A peer: its session, its connections, and what stands between the session and the tables.

#include <protocols/bgp/connection.h>
#include <protocols/bgp/discovery.h>
#include <protocols/bgp/findings.h>
#include <protocols/bgp/pool.h>
#include <protocols/bgp/settings.h>

#include <set>

namespace xylem::bgp {

class Speaker;

class Peer final : private Actions, private Connection::Owner {
 public:
  Peer(Speaker& speaker, uint16_t index, PeerSettings settings, bool dynamic);
  ~Peer() noexcept(false);
  KJ_DISALLOW_COPY(Peer);

  const uint16_t index;
  const bool dynamic;
  PeerSettings settings;

  struct Channel {
    // A family of an established session.
    bool up = false;
    Terms terms;
    kj::Own<RecentAttributes> recent;
    bool ended = false;
    // End-of-RIB has come.
    bool full = false, isFlooded = false;
    // It has announced more prefixes than it may; it has been told more than it shall be.
    bool isTold = false, owesDefault = false;
    // `default-originate`: it has been told; it has yet to be told, or the contrary.
    bool isStale = false, isLongLived = false;
    // Its routes are of an earlier session; for so long that they are the last resort (RFC 9494).
    kj::Promise<void> aging = nullptr;
  };
  Channel& channel(Family family) { return channels[family]; }
  const Channel& channel(Family family) const { return channels[family]; }
  const FamilySettings& family(Family family) const { return settings.families[family]; }

  void configure(PeerSettings wanted, const std::set<std::string>& changed);
  // `changed`: policies that mean something else now.
  void conditionsChanged();
  // What `condition` asks for may be another.
  void start();
  void stop(const Notification& reason);
  void reset(const Notification& reason);
  void clear(bool in, bool out);

  void incoming(kj::AutoCloseFd fd, net::Ip from, uint scope);
  void interfaceChanged();
  void flush();
  // Write what the update groups have for it, as long as the system takes it.
  bool hasEnded() const;
  // Nothing is awaited from it after a restart.

  State state() const { return session.state(); }
  const Session& core() const { return session; }
  net::Ip address() const { return settings.address.isNone() ? found : settings.address; }
  kj::Maybe<uint32_t> uptime() const;
  kj::Maybe<const Connection&> connection() const;
  // Of an established session.
  uint scopeOf() const;
  // Index of the interface that a link-local address of the peer is on; 0: none.

  Findings findings;

 private:
  void connect() override;
  void send(Way way, Bytes message) override;
  void close(Way way) override;
  void sendAndClose(Way way, Bytes message) override;
  bool hasUnread(Way way) override;
  void established(Way way, const Negotiated& negotiated) override;
  void arrived(Bytes message) override;
  void update(const Update& update) override;
  void endOfRib(Family family) override;
  void refresh(const Refresh& refresh) override;
  void disabled(Family family) override;
  void down(const Down& down) override;

  void connected(Way way) override;
  void lost(Way way, kj::StringPtr reason) override;
  size_t received(Way way, Bytes bytes) override;
  void written(Way way, size_t waiting) override;

  Connection::Owner& owner() { return *this; }
  void discovered(net::Ip address);
  kj::Function<void(kj::Exception&&)> reporting(kj::StringPtr work);
  xrl::Task<void> open();
  xrl::Task<void> keepTime();
  template <typename T> void join(T& tables, const Negotiated& negotiated);
  template <typename T> void part(T& tables, const Down& down);
  template <typename T> void write(T& tables, Connection& connection);
  template <typename T> void reconfigure(T& tables, bool judgesAnew, const std::set<std::string>& changed);
  void limit(Family family, size_t received);
  void limitAdvertised(Family family, size_t advertised);
  void refuse(Family family, uint32_t most, bool isOwn);
  template <typename T> xrl::Task<void> age(T& tables, uint seconds);
  template <typename T> void forget(T& tables);
  bool keepsRoutes() const;
  // Of an earlier session.
  void setTerms(Channel& channel, Family family);
  net::Ip selfFor(Family family) const;
  net::Ip6 linkLocalFor(net::Ip self) const;

  Speaker& speaker;
  Session session;
  PerFamily<Channel> channels;
  kj::Own<Connection> connections[2];
  kj::Promise<void> opening = nullptr, waiting = nullptr;
  xrl::Bell bell;
  kj::Maybe<kj::Own<Discovery>> discovery;
  net::Ip found;
  // Its address, where it is found on an interface.
  net::Ip self;
  Negotiated agreed;
  // In the last session that was established.
  Way way = Way::OUTGOING;
  Time since = kj::origin<Time>();
  kj::Promise<void> timing;
  // Last, since it begins with all of this.
};

}  // namespace xylem::bgp
