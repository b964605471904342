#pragma once
// The Finder's books: who is registered, who is admitted, who watches.
//
// Each connection to the Finder is served by Registry::to(caller), which knows who calls. What a caller has here (its
// registration, its watches, the connections it waits for) hangs on capabilities and promises of its connection, and
// goes with it.

#include <finder/finder.capnp.h>
#include <xrl/loop.h>
#include <xrl/offers.h>
#include <xrl/task.h>

#include <list>
#include <map>
#include <set>
#include <string>

namespace xylem::finder {

inline constexpr auto ADMISSION_WAIT = 10 * kj::SECONDS;
// How long a process waits for the manager's word before its registration is refused.
inline constexpr auto PING_INTERVAL = 1 * kj::SECONDS;
inline constexpr auto PING_PATIENCE = 3 * kj::SECONDS;
// A target that owes an answer for longer does not respond.
constexpr size_t MAX_WATCHES = 16;
// Of one caller.
constexpr size_t MAX_CONNECTS = 128;
// Connections that one caller may wait for, or have been given and not taken.

struct Tally : public kj::Refcounted {
  // How many there are of something; it outlives whoever counts.
  size_t held = 0;
};

class Registry final : private kj::TaskSet::ErrorHandler {
 public:
  explicit Registry(xrl::Loop& loop);
  ~Registry() noexcept(false);
  KJ_DISALLOW_COPY(Registry);

  xrl::Finder::Client to(kj::Own<xrl::Caller> caller);

  capnp::Capability::Client enter(kj::Own<xrl::Caller> caller, kj::StringPtr name, xrl::Target::Client target,
                                  capnp::List<capnp::Text>::Reader wants);
  // Register at once; the entry lasts as long as what is returned. The name must be free.

  void state(State::Builder state) const;
  void list(capnp::List<xrl::TargetInfo>::Builder targets) const;
  size_t size() const { return entries.size(); }

 private:
  class ForCaller;
  class Registration;
  class Watching;
  class Admission;
  struct Entry;

  xrl::Task<void> watchOver(Entry& entry);
  void changed(kj::StringPtr name);
  kj::Promise<void> nextChange();
  void taskFailed(kj::Exception&& exception) override;

  xrl::Loop& loop;
  std::map<std::string, kj::Own<Entry>, std::less<>> entries;
  std::map<uint32_t, std::string> admissions;
  // By pid.
  std::list<Watching*> watchers;
  kj::ForkedPromise<void> change = nullptr;
  kj::Own<kj::PromiseFulfiller<void>> changing;
  kj::Own<Tally> waiting = kj::refcounted<Tally>();
  // Connects whose target is not there yet.
  kj::TaskSet calls;
};

}  // namespace xylem::finder
