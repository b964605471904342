#pragma once
// What a policy is asked about, and what it says.

#include <policy/attributes.h>

#include <optional>

namespace xylem::policy {

constexpr uint32_t USUAL_PREFERENCE = 100;
// What a route without a local preference counts as.

enum class Verdict { NONE, ACCEPT, REJECT };
// NONE: no policy decided; the caller does what it does without any.

template <typename T> class CopyOnWrite {
  // A value that somebody else keeps, as long as nobody changes it here; from then on a copy.
 public:
  CopyOnWrite(const T& original) : original(original) {}
  // `original` outlives this.

  const T& operator*() const { return copy ? *copy : original; }
  const T* operator->() const { return &**this; }
  bool changed() const { return copy.has_value(); }

  T& edit() {
    if (!copy) copy.emplace(original);
    return *copy;
  }
  T take() { return copy ? kj::mv(*copy) : T(original); }

 private:
  const T& original;
  std::optional<T> copy;
};

struct Subject {
  // A route, as policies see it. They change `tag`, `attributes` and `metricSet`.
  net::IpNet net;
  // Its destination.
  kj::StringPtr protocol;
  // That offers it.
  net::Ip neighbor;
  // Whom it came from; none if from nobody.
  net::Ip self;
  // What `next-hop self` stands for; none: the next hop stays.
  uint32_t as = 0;
  // The router's own.
  Validity rpki = Validity::UNKNOWN;
  uint32_t tag = 0;
  CopyOnWrite<Attributes> attributes;
  bool metricSet = false;
  // A policy has said what the metric is, though perhaps what it was before.
};

}  // namespace xylem::policy
