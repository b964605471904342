// The calendar has a page for each second, and an LSA that was renewed stays on its old page: when that page comes up,
// its entry says that it is due later, where it also stands.

#include <protocols/ospf/database.h>

#include <algorithm>

namespace xylem::ospf {

namespace {

Time page(Time time) {
  auto whole = (time - kj::origin<Time>()) / kj::SECONDS;
  return kj::origin<Time>() + (whole + 1) * kj::SECONDS;
}

}  // namespace

const Lsa* Database::find(const Key& key) const {
  auto at = all.find(key);
  return at == all.end() ? nullptr : at->second.lsa.get();
}

LsaPtr Database::get(const Key& key) const {
  auto at = all.find(key);
  return at == all.end() ? nullptr : at->second.lsa;
}

void Database::install(LsaPtr lsa, Time due) {
  auto key = lsa->header.key;
  auto& entry = all[key];
  if (entry.lsa == nullptr)
    sorted = {};
  else
    sum -= entry.lsa->header.checksum;
  sum += lsa->header.checksum;
  due = page(due);
  entry = {std::move(lsa), due};
  calendar[due].push_back(key);
}

void Database::erase(const Key& key) {
  auto at = all.find(key);
  if (at == all.end()) return;
  sum -= at->second.lsa->header.checksum;
  all.erase(at);
  dying.erase(key);
}

const std::vector<Key>& Database::inOrder() const {
  if (sorted.empty()) {
    sorted.reserve(all.size());
    for (auto& [key, entry] : all) sorted.push_back(key);
    std::sort(sorted.begin(), sorted.end());
  }
  return sorted;
}

kj::Maybe<Time> Database::deadline() const {
  kj::Maybe<Time> first;
  if (!calendar.empty()) first = calendar.begin()->first;
  if (!waiting.empty()) first = kj::min(waiting.begin()->first, first.orDefault(waiting.begin()->first));
  return first;
}

std::vector<Key> Database::takeDue(Time now) {
  std::vector<Key> due;
  while (!calendar.empty() && calendar.begin()->first <= now) {
    auto page = calendar.begin()->first;
    for (auto& key : calendar.begin()->second) {
      auto at = all.find(key);
      if (at != all.end() && at->second.due == page) {
        at->second.due = kj::origin<Time>();  // Named twice on this page, it is due once.
        due.push_back(key);
      }
    }
    calendar.erase(calendar.begin());
  }
  return due;
}

}  // namespace xylem::ospf
