// What cannot be written is lost and said once: a full disk must not cost more than the records. The next file gets its
// chance.

#include <protocols/bgp/dumps.h>

#include <fcntl.h>
#include <protocols/bgp/speaker.h>
#include <unistd.h>
#include <xrl/log.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace xylem::bgp {

using xrl::Task;

namespace {

constexpr size_t PIECE = 64 << 10;
constexpr uint STEPS = 256;
constexpr auto PAUSE = 1 * kj::SECONDS;
// Records of updates wait no longer than that.
constexpr uint16_t OPEN_CONFIRM = 5, ESTABLISHED = 6, IDLE = 1;

kj::Date wallClock() { return kj::systemPreciseCalendarClock().now(); }
uint64_t secondsOf(kj::Date at) { return uint64_t((at - kj::UNIX_EPOCH) / kj::SECONDS); }

bool writeAll(int fd, Bytes bytes) {
  while (bytes.size() > 0) {
    ssize_t count = ::write(fd, bytes.begin(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.slice(size_t(count), bytes.size());
  }
  return true;
}

kj::AutoCloseFd openFile(const std::string& name, int flags) {
  return kj::AutoCloseFd(::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644));
}

std::string whyNot(const std::string& name) {
  // As errno says.
  auto reason = strerror(errno);
  xrl::log::error("cannot write", "file", name.c_str(), "reason", reason);
  return reason;
}

auto reporting(kj::StringPtr work) {
  return [work](kj::Exception&& bug) { xrl::log::error("work stopped", "work", work, "reason", bug.getDescription()); };
}

}  // namespace

std::string dumpName(const std::string& pattern, kj::Date at) {
  auto time = time_t(secondsOf(at));
  tm parts{};
  gmtime_r(&time, &parts);
  char name[1024];
  return std::string(name, strftime(name, sizeof name, pattern.c_str(), &parts));
}

class Dumps::Tables {
  // One dump of all tables, on its way into a file.
 public:
  Tables(Speaker& speaker, std::string name)
      : speaker(speaker),
        name(kj::mv(name)),
        part(this->name + ".part"),
        began(wallClock()),
        fd(openFile(part, O_TRUNC)) {
    if (fd.get() < 0) error = whyNot(part);
    mrt::PeerTable table;
    table.collector = speaker.settings.routerId;
    for (auto& neighbor : speaker.neighbors)
      table.peers.push_back(
          {neighbor.routerId, neighbor.address.isNone() ? net::Ip(net::Ip4()) : neighbor.address, neighbor.as});
    table.peers[0].identifier = table.collector;
    table.peers[0].as = speaker.settings.localAs;
    peers = table.peers.size();
    mrt::write(out, table, began);
  }
  ~Tables() {
    if (!isDone) unlink(part.c_str());
  }
  KJ_DISALLOW_COPY(Tables);

  bool step() {
    // Whether there is more.
    bool more = error.empty() && (walk(speaker.ip4, at4) || walk(speaker.ip6, at6) ||
                                  walk(speaker.multicast4, atMulticast4) || walk(speaker.multicast6, atMulticast6));
    if (out.size() >= PIECE || !more) write();
    return error.empty() && more;
  }

  void finish(Written& written) {
    isDone = error.empty() && ::rename(part.c_str(), name.c_str()) == 0;
    if (isDone) {
      written = {name, sequence, bytes, written.files + 1, {}};
      xrl::log::info("tables dumped", "file", name.c_str(), "prefixes", sequence, "seconds",
                     (wallClock() - began) / kj::SECONDS);
    } else {
      written.error = error.empty() ? whyNot(name) : error;
    }
  }

 private:
  template <typename Net> using Cursor = typename net::Trie<Net, uint32_t>::Cursor;

  void write() {
    if (error.empty() && !writeAll(fd, out.bytes())) error = whyNot(part);
    bytes += out.size();
    out.truncate(0);
  }

  template <typename T, typename C> bool walk(T& tables, C& cursor) {
    for (uint i = 0; i < STEPS; ++i) {
      KJ_IF_MAYBE (entry, cursor.next(tables.table.index()))
        add(tables, net::IpNet(entry->net), entry->value);
      else
        return false;
    }
    return true;
  }

  template <typename T> void add(T& tables, net::IpNet net, uint32_t at) {
    mrt::Rib rib;
    rib.sequence = sequence;
    rib.family = tables.family;
    rib.net = net;
    encoded.clear();
    tables.table.eachPath(at, [&](uint32_t index, const Path& path) {
      if (path.peer >= peers || rib.entries.size() == 0xffff) return;
      auto pathId = tables.table.pathIdOf(index);
      rib.addPath = rib.addPath || pathId != 0;
      auto since = began - (speaker.seconds() - path.since) * kj::SECONDS;
      rib.entries.push_back({path.peer, since, pathId, nullptr});
      encoded.push_back(encode(path.received, tables.family));
    });
    if (rib.entries.empty()) return;
    for (size_t i = 0; i < encoded.size(); ++i) rib.entries[i].attributes = encoded[i];
    mrt::write(out, rib, began);
    ++sequence;
  }

  kj::Array<kj::byte> encode(AttributeId id, Family family) {
    auto attributes = speaker.pool.get(id);
    attributes.nextHop = unscoped(attributes.nextHop);
    // A route of this router's own leads nowhere else.
    if (attributes.nextHop.isNone()) attributes.nextHop = isIp4(family) ? net::Ip(net::Ip4()) : net::Ip(net::Ip6());
    block.truncate(0);
    mrt::encodeRibAttributes(attributes, family, block);
    return kj::heapArray(block.bytes());
  }

  Speaker& speaker;
  const std::string name, part;
  const kj::Date began;
  kj::AutoCloseFd fd;
  bool isDone = false;
  std::string error;
  // Why nothing more is written.
  uint64_t bytes = 0;
  size_t peers = 0;
  // Those that come later are not in the table of peers.
  Cursor<net::Ip4Net> at4, atMulticast4;
  Cursor<net::Ip6Net> at6, atMulticast6;
  uint32_t sequence = 0;
  net::ByteWriter out, block;
  std::vector<kj::Array<kj::byte>> encoded;
};

// ---- tables

Task<void> Dumps::dumpTables() {
  for (;;) {
    auto now = wallClock() - kj::UNIX_EPOCH;
    auto period = tables.interval * kj::SECONDS;
    co_await speaker.loop.timer().afterDelay(period - now % period);
    auto one = dumpOnce();
    co_await kj::mv(one);
  }
}

Task<void> Dumps::dumpOnce() {
  isDumping = true;
  KJ_DEFER(isDumping = false);
  Tables dump(speaker, dumpName(tables.pattern, wallClock()));
  while (dump.step()) {
    co_await speaker.loop.timer().afterDelay(0 * kj::SECONDS);
  }
  dump.finish(tablesWritten);
}

// ---- updates

void Dumps::reopen(kj::Date now) {
  // The file of this time, if it is another one.
  auto begin = now;
  if (updates.interval > 0) begin = now - (now - kj::UNIX_EPOCH) % (updates.interval * kj::SECONDS);
  auto wanted = dumpName(updates.pattern, begin);
  if (wanted == updatesWritten.file) return;
  flush();
  updatesWritten = {kj::mv(wanted), 0, 0, updatesWritten.files + 1, {}};
  file = openFile(updatesWritten.file, O_APPEND);
  if (file.get() < 0) updatesWritten.error = whyNot(updatesWritten.file);
}

void Dumps::flush() {
  if (file.get() >= 0) {
    if (writeAll(file, waiting.bytes())) {
      updatesWritten.bytes += waiting.size();
      updatesWritten.records += waitingRecords;
    } else {
      updatesWritten.error = whyNot(updatesWritten.file);
      file = nullptr;
    }
  }
  waiting.truncate(0);
  waitingRecords = 0;
}

Task<void> Dumps::keepTime() {
  for (;;) {
    reopen(wallClock());
    flush();
    co_await speaker.loop.timer().afterDelay(PAUSE);
  }
}

kj::Maybe<mrt::Session&> Dumps::sessionOf(Peer& peer) {
  if (sessions.size() <= peer.index) sessions.resize(peer.index + 1);
  auto& session = sessions[peer.index];
  if (!session.peer.isNone()) return session;
  KJ_IF_MAYBE (connection, peer.connection()) {
    auto here = connection->here().address, there = connection->there().address;
    // The system has forgotten a connection that is about to be lost.
    if (here.isNone() || there.isNone()) return nullptr;
    auto& agreed = KJ_ASSERT_NONNULL(peer.core().negotiated());
    session = {agreed.peerAs, agreed.localAs, uint16_t(peer.scopeOf()), there, here};
    return session;
  }
  return nullptr;
}

template <typename Record> void Dumps::append(const Record& record) {
  mrt::write(waiting, record, wallClock());
  ++waitingRecords;
}

void Dumps::record(Peer& peer, Bytes update) {
  KJ_IF_MAYBE (session, sessionOf(peer)) {
    auto& agreed = KJ_ASSERT_NONNULL(peer.core().negotiated());
    mrt::Message message;
    message.session = *session;
    message.as4 = agreed.as4;
    message.addPath = !agreed.addPathReceive.empty();
    message.message = update;
    append(message);
    if (waiting.size() >= PIECE) flush();
  }
}

void Dumps::up(Peer& peer) {
  if (updates.pattern.empty()) return;
  if (sessions.size() > peer.index) sessions[peer.index] = {};
  KJ_IF_MAYBE (session, sessionOf(peer)) append(mrt::StateChange{*session, OPEN_CONFIRM, ESTABLISHED});
}

void Dumps::down(Peer& peer) {
  if (updates.pattern.empty()) return;
  KJ_IF_MAYBE (session, sessionOf(peer)) {
    append(mrt::StateChange{*session, ESTABLISHED, IDLE});
    *session = {};
  }
}

// ---- what is shown

void Dumps::fill(const Kind& kind, const Written& written, schema::Show::Dump::Builder out) {
  out.setPattern(kind.pattern.c_str());
  out.setFile(written.file.c_str());
  out.setRecords(written.records);
  out.setBytes(written.bytes);
  out.setFiles(written.files);
  out.setLastError(written.error.c_str());
  if (kind.interval > 0) out.setNextIn(uint32_t(kind.interval - secondsOf(wallClock()) % kind.interval));
}

void Dumps::fill(capnp::List<schema::Show::Dump>::Builder out) const {
  uint at = 0;
  if (!tables.pattern.empty()) {
    out[at].setKind("table");
    out[at].setWriting(isDumping);
    fill(tables, tablesWritten, out[at++]);
  }
  if (!updates.pattern.empty()) {
    out[at].setKind("updates");
    fill(updates, updatesWritten, out[at]);
  }
}

// ---- configuration

void Dumps::check(schema::Config::Mrt::Reader config, xrl::Problems& problems) {
  auto one = [&](kj::StringPtr path, kj::StringPtr file) {
    if (file.size() == 0 || dumpName(file.cStr(), kj::UNIX_EPOCH).empty())
      problems.add(kj::str("mrt ", path), kj::str("expected the name of a file"));
  };
  if (config.hasTable()) one("table"_kj, config.getTable().getFile());
  if (config.hasUpdates()) one("updates"_kj, config.getUpdates().getFile());
}

void Dumps::configure(schema::Config::Mrt::Reader config) {
  Kind wantedTables{config.getTable().getFile().cStr(), config.getTable().getInterval()};
  Kind wantedUpdates{config.getUpdates().getFile().cStr(), config.getUpdates().getRotate()};
  if (!(wantedTables == tables)) {
    dumping = nullptr;
    tables = kj::mv(wantedTables);
    tablesWritten = {};
    if (!tables.pattern.empty()) dumping = kj::Promise<void>(dumpTables()).eagerlyEvaluate(reporting("table dumps"));
  }
  if (!(wantedUpdates == updates)) {
    timing = nullptr;
    flush();
    file = nullptr;
    updatesWritten = {};
    updates = kj::mv(wantedUpdates);
    if (!updates.pattern.empty()) timing = kj::Promise<void>(keepTime()).eagerlyEvaluate(reporting("update dumps"));
  }
}

}  // namespace xylem::bgp
