#pragma once
// What runs a router: the loop, the global handlers, and the replacement of one router by another while packets flow.
//
//     Driver driver;
//     if (driver.load({text, file}, errors)) driver.run();

#include <click/parser.h>
#include <click/router.h>

#include <functional>
#include <memory>

namespace xylem::click {

class Driver {
 public:
  Driver() = default;
  ~Driver();

  Scheduler scheduler;
  unsigned batch = 1;
  // Of routers that are loaded from now on: see Router::batch.
  bool mayHotswap = false;
  // There is a global handler `hotconfig`.
  std::map<std::string, std::string> parameters;
  // Of `parse`, for each router.
  Strings controlSockets;
  // Arguments of a ControlSocket that each router has beside its own elements.

  bool load(Source source, Errors& errors);
  // Parses and initializes. The first one is the router at once; a later one takes the place of the one that runs, and
  // its state, before anything else happens. If anything is wrong the running one goes on as if nothing had been.
  Router* router() { return current.get(); }
  template <typename F> void apply(F f) {
    // f(Router&) of the one that runs and of the one that is about to.
    for (auto router : {current.get(), next.get()})
      if (router != nullptr) f(*router);
  }

  void run();
  // Until nobody wants the router to run, or `stop`.
  bool turn(bool block);
  // One round of that; false when nobody wants the router to run. For those with a loop of their own.
  bool idle() const { return isIdle; }
  // In the last round there was nothing to do.
  void stop() { isStopping = true; }
  // As if nobody wanted the router any more. May be called from a signal handler.

 private:
  void addGlobals(Router& router);
  void swap();

  std::unique_ptr<Router> current, next;
  volatile bool isStopping = false;
  unsigned turns = 0;
  bool isIdle = false;
};

}  // namespace xylem::click
