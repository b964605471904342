#pragma once
// How verbs reach the keeper of a slice.

#include <slice/builder.h>
#include <slice/slice.capnp.h>
#include <slice/store.h>
#include <xrl/connection.h>

namespace xylem::slice {

class Client {
 public:
  explicit Client(const std::string& name, const std::string& owner = "");
  // `owner`: the user, by number, for whom a keeper is started; empty for the one that this process runs as.
  ~Client() noexcept(false);
  KJ_DISALLOW_COPY(Client);

  const std::string name;
  xrl::Loop& loop;
  // One for all clients of this process.

  bool find();
  // Connects with the keeper; false if nobody keeps a slice of this name.

  bool findOrStart();
  // Starts one if there is none, having removed what an earlier one has left. False if another one neither answers nor
  // ends for half a minute.

  bool isAbandoned();
  // Nobody keeps it; and nobody will as long as this lives.

  bool awaitAbandoned();
  // Once nobody keeps it any more; false if that takes longer than a minute.

  bool mayAdopt();
  // It is the owner's, or there is nothing of it.

  void removeRest();
  // What is left of one that is abandoned.

  wire::Keeper::Client keeper();
  // Once it has been found.

  void abandon() { connection = nullptr; }
  // Waits for nothing any more.

  kj::Maybe<std::string> stored();
  // What a slice was made of, whether anybody keeps it or not: a Spec in JSON.

  kj::Promise<void> gone();
  // The keeper has ended.

  template <typename T> auto wait(T&& promise) { return promise.wait(loop.waitScope()); }

 private:
  void start();
  bool openByAgent(bool start);
  kj::Promise<void> obtain(kj::Duration patience);

  std::string owner, base;
  kj::Own<Store> store;
  // None if the agent has it.

  kj::Maybe<kj::Own<Store::Lease>> lease;
  kj::Maybe<kj::Own<xrl::Connection>> connection;
};

xrl::Loop& theLoop();
// Of this process, for all that is a client's.

Place placeOf(const std::string& name);

std::vector<std::string> slicesHere();
// Names of slices of which there is anything on this machine.

kj::Own<Store::Watcher> watchSlices();
// Slices come and go.

}  // namespace xylem::slice
