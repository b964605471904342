#pragma once
// A graph of elements that runs.
//
//     Router router(scheduler, parse(source, errors));
//     if (router.initialize(errors)) ... scheduler.runTasks(128) ...
//
// Until `initialize` has succeeded nothing has happened to the world. Errors of a phase are all told.

#include <click/element.h>
#include <click/flat.h>
#include <click/names.h>
#include <click/notifier.h>
#include <click/scheduler.h>

#include <functional>
#include <map>
#include <memory>

namespace xylem::click {

class Router {
 public:
  Router(Scheduler& scheduler, Flat flat);
  ~Router();
  Router(const Router&) = delete;

  bool initialize(Errors& errors);
  bool initialized() const { return isLive; }
  void takeState(Router& former, Errors& errors);
  Router* former = nullptr;
  // The one that this is to replace, until it has: known while it initializes.
  Element* formerOf(const Element& element) const;
  // Its predecessor there.

  // ---- the graph
  const Flat& flat() const { return graph; }
  const std::vector<std::unique_ptr<Element>>& elements() const { return all; }
  Element* find(const std::string& name, const Element* context = nullptr) const;
  // As an element of a compound sees it: its own scope first, then those around it. Null if there is none.
  template <typename E> E* findAs(const std::string& name, const Element* context = nullptr) const {
    return dynamic_cast<E*>(find(name, context));
  }
  Landmark landmark(const Element& element) const { return graph.elements[element.index()].landmark; }

  using Visitor = std::function<bool(Element& element, Direction side, int port)>;
  void visit(Element& from, Direction side, int port, const Visitor& visitor) const;
  // Walks upstream from an input, or downstream from an output (all of them for port -1), breadth first, along
  // connections and flow codes. Each port that is reached is visited once; the walk goes on behind it if the visitor
  // says so.

  // ---- handlers
  const Handler* handler(const Element* element, const std::string& name) const;
  // Of an element, or (null) of the router.
  const Handlers& handlersOf(const Element* element) const;
  std::string read(const HandlerRef& ref, Errors& errors) const;
  void write(const HandlerRef& ref, const std::string& value, Errors& errors);
  bool resolve(const std::string& text, HandlerRef& out, const Element* context, Errors& errors) const;
  // "element.handler argument", "3.handler", or the name of a global one.
  void call(const std::string& text, const Element& from, Errors& errors);
  // Writes what follows the handler's name in `text` to it; no text calls nobody.
  Handlers globals;
  // The driver adds to these.
  void addTaskHandlers(const Element& element, Task& task);

  // ---- what elements share
  Scheduler& scheduler;
  Names names;
  unsigned batch = 1;
  // How many packets sources and queues hand on at a time. With 1 everything happens in the order of the original.
  int tickets(const Element& element) const;
  void setTickets(const std::string& name, int tickets) { ticketsOf[name] = tickets; }

  // ---- stopping
  void stop() { --runCount; }
  // One of those who want the router to run wants that no more. More may say so than there are: a script answers each.
  void stopAll() { runCount = 0; }
  void goOn(int count = 1) { runCount += count; }
  bool running() const { return runCount > 0; }
  std::function<bool()> onStop;
  // Asked when nobody wants the router to run: true if it goes on.

 private:
  bool checkRange(Errors& errors);
  bool checkProcessing(Errors& errors);
  bool checkComplete(Errors& errors);
  bool configure(Errors& errors);
  bool initializeElements(Errors& errors);
  void tell(Errors& errors, size_t element, const std::string& text) const;
  void addHandlers();
  void addDefaultHandlers(Element& element, Handlers& handlers);
  std::string describePorts(const Element& element) const;
  void reconfigure(Element& element, const std::string& text, Errors& errors);

  Flat graph;
  std::vector<std::unique_ptr<Element>> all;
  std::vector<size_t> order;
  // In which they are configured.
  std::vector<Handlers> handlers;
  std::map<std::string, int> ticketsOf;
  std::map<std::string, size_t> byName;
  int runCount = 1;
  bool isLive = false, isConfigured = false;
};

}  // namespace xylem::click
