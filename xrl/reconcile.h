#pragma once
// From what is to what should be: the body of most commits.

#include <kj/map.h>
#include <kj/vector.h>

namespace xylem::xrl {

template <typename Key, typename Value, typename Put, typename Drop>
void reconcile(kj::HashMap<Key, Value>& have, kj::HashMap<Key, Value>&& want, Put&& put, Drop&& drop) {
  // Make `have` equal to `want`: drop(key, value) for what is gone, put(key, value) for what is new or differs.
  kj::Vector<Key> gone;
  for (auto& entry : have)
    if (want.find(entry.key) == nullptr) gone.add(entry.key);
  for (auto& key : gone) {
    auto& entry = KJ_ASSERT_NONNULL(have.findEntry(key));
    drop(entry.key, entry.value);
    have.erase(entry);
  }
  for (auto& entry : want) {
    KJ_IF_MAYBE (old, have.find(entry.key)) {
      if (*old == entry.value) continue;
      put(entry.key, entry.value);
      *old = kj::mv(entry.value);
    } else {
      put(entry.key, entry.value);
      have.insert(kj::mv(entry.key), kj::mv(entry.value));
    }
  }
}

}  // namespace xylem::xrl
