#pragma once
// The router manager as a whole: the Finder and the daemons as its children, the configuration as its care, and the
// interfaces by which others see and change it.

#include <rtrmgr/router.h>
#include <rtrmgr/rtrmgr.capnp.h>
#include <rtrmgr/store.h>
#include <xrl/run.h>

namespace xylem::rtrmgr {

inline constexpr auto HANG_PATIENCE = 30 * kj::SECONDS;
// A daemon that does not answer the Finder for this long is killed, and started again.

class Manager final : private kj::TaskSet::ErrorHandler {
 public:
  Manager(xrl::Loop& loop, const xrl::Arguments& arguments, kj::ArrayPtr<const kj::byte> schema);
  // The configuration file is the first of `arguments.rest`.
  ~Manager() noexcept(false);

  xrl::Task<int> run();
  // Boot, and keep the router until told to end. The exit status.

 private:
  class ForAll;
  class ForOperators;
  class AsStatus;
  class Watcher;

  xrl::Task<bool> boot();
  kj::Promise<void> attendFinder(xrl::Finder::Client finder);
  void admit(Module& module);
  xrl::Task<kj::Vector<Problem>> commit(kj::String text, uint64_t base, kj::String user, kj::String comment,
                                        uint32_t confirm);
  xrl::Task<void> awaitConfirmation(uint32_t seconds);
  void confirm();
  kj::String visible(kj::StringPtr text, const xrl::Caller& caller) const;
  void taskFailed(kj::Exception&& exception) override;

  xrl::Loop& loop;
  const xrl::Arguments& arguments;
  xrl::Process process;
  Router router;
  Child finder;
  kj::Own<Files> files;
  Store store;
  kj::Maybe<xrl::Finder::Client> finderNow;
  std::map<kj::StringPtr, xrl::Finder::Admission::Client> admissions;
  kj::Promise<void> confirmation = nullptr;
  bool unconfirmed = false;
  kj::String beforeUnconfirmed, pendingUser, pendingComment;
  kj::TaskSet tasks;
};

}  // namespace xylem::rtrmgr
