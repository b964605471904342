#pragma once
// The keeper of a slice: a process that makes the slice, starts and watches what runs in it, carries out its events,
// and answers who asks (interface Keeper in slice.capnp) on the socket `socket` in the slice's folder. There is one for
// each slice that is up, and it holds the slice's lease.

#include <slice/machine.h>
#include <slice/memory.h>
#include <slice/slice.capnp.h>
#include <slice/store.h>
#include <slice/timetable.h>
#include <xrl/connection.h>

#include <deque>
#include <list>
#include <memory>

namespace xylem::slice {

constexpr size_t MOST_RECORDS = 10000;

struct Outcome {
  uint8_t code = 0;
  std::string text;
};

class Keeper final : private kj::TaskSet::ErrorHandler {
 public:
  Keeper(xrl::Loop& loop, Place place, kj::Own<Store> store, std::optional<kj::Duration> usualLease);
  // What is stored of the slice is taken up when it is made.
  ~Keeper() noexcept(false);

  kj::Promise<void> run(kj::AutoCloseFd listener);
  // Until the slice is no more.

  struct Abandoned : public kj::Refcounted {
    Abandoned();
    bool yes = false;
    // Set with `told`.
    kj::Own<kj::PromiseFulfiller<void>> told;
    kj::ForkedPromise<void> when = nullptr;
  };
  kj::Promise<Outcome> apply(kj::Own<capnp::MallocMessageBuilder> spec, wire::Keeper::Progress::Client progress,
                             kj::Own<Abandoned> abandoned, std::shared_ptr<std::vector<Step>> steps);
  // One at a time; others wait.
  kj::Promise<Outcome> control(wire::Keeper::Verb verb, std::vector<std::string> nodes);
  Outcome impair(const std::string& link, const std::vector<Setting>& settings, bool clear);
  Outcome cut(const std::string& link, bool up);
  kj::Promise<Outcome> destroy();
  Outcome renew(const std::string& time);
  // An empty one is what the file says.
  double ends() const { return memory.ends; }
  kj::Promise<void> settled();
  // All that has been asked for by now is done, or undone.
  kj::Promise<void> ready(const std::string& node);
  // It is up, or is not to be, or failed so often that there is no use in waiting.

  void state(wire::State::Builder to);
  wire::Spec::Reader spec();

  struct Follower {
    wire::Keeper::Follower::Client client;
    kj::Promise<void> sending = kj::READY_NOW;
  };
  kj::Own<void> follow(wire::Keeper::Follower::Client client);

 private:
  struct Kept {
    double time;
    wire::Record::Kind kind;
    std::string name, what, detail;
  };

  xrl::Task<void> acceptAll(kj::AutoCloseFd listener);
  xrl::Task<void> attend(kj::AutoCloseFd socket);
  kj::Promise<void> endIfUnused();
  // A moment later, if there is no slice then, and nobody who could ask for one.
  xrl::Task<Outcome> applyNow(kj::Own<capnp::MallocMessageBuilder> spec, wire::Keeper::Progress::Client progress,
                              kj::Own<Abandoned> abandoned, std::shared_ptr<std::vector<Step>> steps);
  xrl::Task<void> make(const Slice& wanted, std::vector<Step>& steps, wire::Keeper::Progress::Client& progress,
                       Abandoned& abandoned);
  xrl::Task<void> startAll(kj::Vector<kj::String> nodes, wire::Keeper::Progress::Client* progress,
                           Abandoned* abandoned);
  xrl::Task<void> startOne(Process& process);
  xrl::Task<void> rollBack(Slice before);
  xrl::Task<Outcome> controlNow(wire::Keeper::Verb verb, std::vector<std::string> nodes);
  xrl::Task<Outcome> destroyNow(Remains remains);
  void narrow(capnp::MallocMessageBuilder& spec, Slice& wanted);
  // Both to the nodes that the spec asks for.
  void recall();
  void stand(const Slice& from, kj::Own<capnp::MallocMessageBuilder> spec);
  // It is as the file says, from now on.
  void catchUp(double until);
  void remember(const Link& link);
  void watchLease();
  xrl::Task<void> awaitEnd();
  Machine& there();
  // Throws, as if nobody listened, once the slice has been removed.
  Outcome standing();
  // Done, or degraded and why.
  void fire(const Event& event);
  void run(const Event& event);
  void record(wire::Record::Kind kind, const std::string& name, const std::string& what,
              const std::string& detail = "");
  void send(Follower& follower, const Kept& record);
  void save();
  void taskFailed(kj::Exception&& exception) override;
  template <typename T> kj::Promise<T> inTurn(kj::Function<kj::Promise<T>()> act);

  xrl::Loop& loop;
  kj::Own<Store> store;
  kj::Own<Machine> machine;
  kj::Own<capnp::MallocMessageBuilder> specification;
  Slice file;
  // As the file says it; the machine's differs by what has been done since.
  Memory memory;
  bool isUp = false, hadMemory = false;
  uint connections = 0;
  std::optional<kj::Duration> usualLease;
  // Of a slice whose file says nothing of that.
  kj::TimePoint began = kj::origin<kj::TimePoint>();
  std::deque<Kept> records;
  std::list<Follower*> followers;
  Timetable timetable;
  kj::Promise<void> ending = nullptr;
  kj::ForkedPromise<void> busy;
  kj::Own<kj::PromiseFulfiller<void>> over;
  kj::TaskSet tasks;
};

template <typename T> kj::Promise<T> Keeper::inTurn(kj::Function<kj::Promise<T>()> act) {
  auto mine = busy.addBranch()
                  .then([this, act = kj::mv(act)]() mutable {
                    there();
                    return act();
                  })
                  .fork();
  busy = mine.addBranch().then([](auto&&) {}, [](kj::Exception&&) {}).fork();
  // It goes on if its caller does not wait.
  tasks.add(busy.addBranch());
  return mine.addBranch();
}

std::string reason(const kj::Exception& fault);
// For people.

kj::Promise<uint32_t> freeUsers(Store& store, const std::string& base, const std::string& name);
// The first of 65536 users that no other slice there has.

int keep(const std::string& name, const std::string& usualLease, int lease, int ready);
// `main` of a keeper: `usualLease` is for a file that has none, and may be empty; `lease` is the descriptor of the
// slice's lease; a byte is written to `ready` once it listens.

}  // namespace xylem::slice
