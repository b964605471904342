#pragma once
// One daemon under the router manager: its process, the conversation with it, and the configuration that it has.
//
// Whenever the daemon comes to life, for the first time, after a crash, or found running by a new manager, it is told
// the configuration that is in force for it; then the module is ready.

#include <config/check.h>
#include <rtrmgr/child.h>
#include <xrl/process.h>

namespace xylem::rtrmgr {

struct Told : public kj::Refcounted {
  // A daemon's part of a configuration.
  Told(config::Message message, uint64_t generation) : message(kj::mv(message)), generation(generation) {}
  config::Message message;
  uint64_t generation;
};

struct Complaint {
  // What a daemon finds wrong.
  kj::String path, text;
};

inline constexpr auto READY_PATIENCE = 10 * kj::SECONDS;
inline constexpr auto CHECK_PATIENCE = 10 * kj::SECONDS;
inline constexpr auto COMMIT_PATIENCE = 30 * kj::SECONDS;

class Module {
 public:
  using Client = xrl::Daemon<>::Client;

  Module(xrl::Process& process, kj::String name, Program program);
  ~Module() noexcept(false);

  const kj::String name;
  Child child;

  void start();

  kj::Promise<void> stop(bool retire);
  // With `retire` it is first told that it is no longer wanted.

  kj::Promise<void> retire();

  kj::Promise<kj::Vector<Complaint>> check(Told& told);
  // Waits until it is ready. Failure to answer is a complaint.

  kj::Promise<kj::Maybe<kj::String>> commit(kj::Own<Told> told);
  // Put this in force, if need be by a restart of the process. If it fails, says why; then the daemon is told the old
  // configuration when it comes to life again.

  kj::Promise<kj::Maybe<kj::String>> restore(kj::Maybe<kj::Own<Told>> before);
  // After a commit failed somewhere: this is in force again (null: nothing). Resolves when the daemon, which may have
  // died, has been told; if it will not take that either, says why.

  kj::Promise<void> settled(uint64_t generation);
  // Tells it, if it lives.

  kj::Maybe<Told&> told();
  // What is in force.
  void forget();
  // Nothing is: it will be told anew.

  kj::String state() const;
  kj::Maybe<kj::String> died(uint32_t since) const;
  // The reason of its last death, if there were more than `since` of them.
  uint32_t deaths() const { return deathCount; }

 private:
  xrl::Task<void> attend();
  xrl::Task<void> converse();
  void part();
  void awaitSession();
  kj::Promise<kj::Maybe<kj::String>> tell(Client daemon, Told& told);
  xrl::Task<kj::Maybe<kj::String>> commitNow(kj::Own<Told> told);
  kj::Promise<kj::Maybe<kj::String>> whyGone(kj::Exception&& problem);
  kj::Promise<Client> ready();

  xrl::Process& process;
  kj::Maybe<kj::Own<Told>> inForce;
  kj::Maybe<Client> session;
  kj::ForkedPromise<void> opened = nullptr;
  kj::Own<kj::PromiseFulfiller<void>> opening;
  uint32_t deathCount = 0;
  kj::String lastDeath;
  kj::Maybe<kj::String> trouble;
  // Why it does not become ready.
  bool attended = false;
  kj::Promise<void> attending = nullptr;
};

}  // namespace xylem::rtrmgr
