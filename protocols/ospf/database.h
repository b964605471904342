#pragma once
// A link-state database: the LSAs of one scope (an area, a link, or the whole autonomous system), and when each falls
// due: its own to be refreshed, others to die of age.
//
//     database.install(lsa, due);
//     for (auto& key : database.takeDue(now)) ...

#include <protocols/ospf/lsa.h>

#include <map>
#include <unordered_map>
#include <unordered_set>

namespace xylem::ospf {

struct Origin {
  // An LSA that this router itself wants in the database, or wanted lately.
  uint8_t options = 0;
  kj::Array<const kj::byte> body;
  bool wanted = false;
  kj::Maybe<Time> last;
  // When it was originated last.
  kj::Duration hold = 0 * kj::SECONDS;
  // It is not originated again before this has passed.
  kj::Maybe<Time> due;
  // When it is to be originated, if that waits.
};

class Database {
 public:
  Database() = default;
  KJ_DISALLOW_COPY(Database);

  struct Entry {
    LsaPtr lsa;
    Time due = kj::origin<Time>();
    // When it is to be refreshed, or dies.
  };
  using Entries = std::unordered_map<Key, Entry, KeyHash>;

  const Lsa* find(const Key& key) const;
  LsaPtr get(const Key& key) const;
  // Null: none.
  void install(LsaPtr lsa, Time due);
  // In place of an older instance.
  void erase(const Key& key);
  const Entries& entries() const { return all; }
  const std::vector<Key>& inOrder() const;
  // All keys, sorted, and perhaps some that are there no longer. They stay until a new one comes: whoever wants them
  // page by page has them sorted once.
  size_t size() const { return all.size(); }
  uint32_t checksum() const { return sum; }
  // The sum of all checksums: equal databases have equal ones (RFC 4750).

  kj::Maybe<Time> deadline() const;
  std::vector<Key> takeDue(Time now);
  // Those that are due by now, each once.

  std::unordered_set<Key, KeyHash> dying;
  // Of age MAX_AGE, to be removed when all neighbours have acknowledged that.
  std::map<Key, Origin> origins;
  std::map<Time, std::vector<Key>> waiting;
  // Origins that are due, by when.

 private:
  Entries all;
  std::map<Time, std::vector<Key>> calendar;
  mutable std::vector<Key> sorted;
  uint32_t sum = 0;
};

}  // namespace xylem::ospf
