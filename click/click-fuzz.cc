// Any text is refused, or becomes a router that can say what it is. It is not run.
//
// Elements that touch the world when they are initialized (devices, files, sockets) are not among what is built: a text
// that names one is passed over.

#include <click/parser.h>
#include <click/router.h>

#include <cstring>

namespace {

using namespace xylem::click;

constexpr size_t LONGEST = 4096;

bool isHarmless(const Flat& flat) {
  constexpr const char* WORLDLY[] = {"Device", "Dump",   "Socket",        "Tun", "Tap",
                                     "Host",   "Script", "DriverManager", "Raw"};
  for (auto& element : flat.elements)
    for (auto part : WORLDLY)
      if (element.className.find(part) != std::string::npos) return false;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > LONGEST) return 0;
  SilentErrors errors;
  auto flat = parse({std::string(reinterpret_cast<const char*>(data), size), "fuzz", {}}, errors);
  if (errors.count() > 0 || !isHarmless(flat)) return 0;
  unparse(flat);
  Scheduler scheduler;
  scheduler.clock.simulate();
  Router router(scheduler, flat);
  if (!router.initialize(errors)) return 0;
  for (auto& element : router.elements())
    for (auto& handler : router.handlersOf(element.get()).all())
      if (handler.read && !handler.takesArgument) handler.read("", errors);
  return 0;
}
