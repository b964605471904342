#pragma once
// The table at work: what follows from changes is done in slices of the loop, and those who wait for changes are woken.

#include <rib/followers.h>
#include <xrl/bell.h>
#include <xrl/loop.h>
#include <xrl/task.h>

namespace xylem::rib {

class Engine {
 public:
  explicit Engine(xrl::Loop& loop);
  KJ_DISALLOW_COPY(Engine);

  xrl::Loop& loop;
  Table table;
  Trackers trackers{table};

  void tick();
  // Set the table's clock; before it is changed, and before ages are told.
  void changed();
  // To be called when the table was changed, by anyone.

  const policy::Compiled& policies() const { return *inForce; }
  void setPolicies(kj::Own<const policy::Compiled> policies);
  // These are in force from now on; whoever follows the table by one that means something else hears of what it
  // touches.

  kj::Promise<void> room();
  // So much waits to be written to the forwarding table that whoever brings more routes has to wait.
  void drained();
  // Some of it has been written.

  xrl::Task<void> pause();
  // Let the loop do other things, input included; for those who do long work in slices.

  class Listener {
    // Somebody whose bell rings when the table has changed.
   public:
    explicit Listener(Engine& engine) : engine(engine) { engine.listeners.insert(this); }
    ~Listener() { engine.listeners.erase(this); }
    KJ_DISALLOW_COPY(Listener);
    xrl::Bell bell;

   private:
    Engine& engine;
  };

 private:
  xrl::Task<void> work();

  kj::Own<const policy::Compiled> inForce;
  std::set<Listener*> listeners;
  xrl::Bell more;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> crowd;
  kj::Promise<void> working;
};

}  // namespace xylem::rib
