#pragma once
// MRT files (RFC 6396): the tables as they are, every so often, and the UPDATEs of peers as they come (mrt.h).
//
//     dumps.up(peer); dumps.arrived(peer, message); dumps.down(peer)
//
// Names may have patterns of strftime(3), in UTC; a relative one lies in the working directory of the daemon, which is
// `bgp.d` in the run directory of the router, and any other where the daemon's user may write. A dump of tables has its
// name when it is complete, and `.part` behind it until then. Updates are appended to the file of their time.
//
// The tables are dumped by slices while they change: each prefix as it is when it is written. Files are written through
// the page cache, in pieces of some 64 kB.

#include <kj/io.h>
#include <net/bytes.h>
#include <protocols/bgp.capnp.h>
#include <protocols/bgp/mrt.h>
#include <xrl/daemon.h>

#include <string>
#include <vector>

namespace xylem::bgp {

class Speaker;
class Peer;

std::string dumpName(const std::string& pattern, kj::Date at);

class Dumps {
 public:
  explicit Dumps(Speaker& speaker) : speaker(speaker) {}
  KJ_DISALLOW_COPY(Dumps);

  static void check(schema::Config::Mrt::Reader config, xrl::Problems& problems);
  void configure(schema::Config::Mrt::Reader config);

  void up(Peer& peer);
  void arrived(Peer& peer, Bytes update) {
    if (!updates.pattern.empty()) record(peer, update);
  }
  void down(Peer& peer);

  uint size() const { return uint(!tables.pattern.empty()) + uint(!updates.pattern.empty()); }
  void fill(capnp::List<schema::Show::Dump>::Builder out) const;
  // As many as `size`.

 private:
  class Tables;
  struct Kind {
    std::string pattern;
    // Empty: not wanted.
    uint32_t interval = 0;
    bool operator==(const Kind&) const = default;
  };

  struct Written {
    std::string file;
    uint64_t records = 0, bytes = 0, files = 0;
    std::string error;
    // Why nothing more is written; empty: it is.
  };

  static void fill(const Kind& kind, const Written& written, schema::Show::Dump::Builder out);
  xrl::Task<void> dumpTables();
  xrl::Task<void> dumpOnce();
  xrl::Task<void> keepTime();
  void record(Peer& peer, Bytes update);
  template <typename Record> void append(const Record& record);
  kj::Maybe<mrt::Session&> sessionOf(Peer& peer);
  void reopen(kj::Date now);
  void flush();

  Speaker& speaker;
  Kind tables, updates;
  Written tablesWritten, updatesWritten;
  bool isDumping = false;
  std::vector<mrt::Session> sessions;
  // By the index of peers; without addresses where there is none.
  kj::AutoCloseFd file;
  // Of updates.
  net::ByteWriter waiting;
  uint64_t waitingRecords = 0;
  kj::Promise<void> dumping = nullptr, timing = nullptr;
};

}  // namespace xylem::bgp
