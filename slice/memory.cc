// Shapes are stored as the words of a slice file: what is not among them has its default.

#include <slice/json.h>
#include <slice/memory.h>
#include <slice/slice.capnp.h>
#include <slice/text.h>

#include <capnp/message.h>

#include <sstream>

namespace xylem::slice {

namespace {

bool readShape(const std::string& words, Shape& shape) {
  Link link;
  std::istringstream stream(words);
  for (std::string key, value; stream >> key;) {
    if (!(stream >> value) || !set(link, {key, {value}}).empty()) return false;
  }
  shape = link.shapes[0];
  return true;
}

}  // namespace

std::string print(const Memory& memory) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<wire::Memory>();
  to.setSince(memory.since);
  to.setEnds(memory.ends);
  to.setFired(memory.fired);
  auto links = to.initLinks(uint(memory.links.size()));
  uint i = 0;
  for (auto& [name, link] : memory.links) {
    auto forth = printShape(link.shapes[0]), back = printShape(link.shapes[1]);
    links[i].setName(ptr(name));
    links[i].setForth(ptr(forth));
    links[i].setBack(ptr(back));
    links[i++].setDown(link.down);
  }
  return text(json(to.asReader()));
}

std::optional<Memory> readMemory(const std::string& from) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<wire::Memory>();
  if (!parseJson(ptr(from), root)) return {};
  auto read = root.asReader();
  Memory memory{read.getSince(), read.getEnds(), read.getFired(), {}};
  for (auto link : read.getLinks()) {
    Altered altered;
    altered.down = link.getDown();
    if (!readShape(text(link.getForth()), altered.shapes[0]) || !readShape(text(link.getBack()), altered.shapes[1]))
      return {};
    memory.links[text(link.getName())] = altered;
  }
  return memory;
}

void note(Memory& memory, const Slice& file, const Link& now) {
  auto said = file.link(now.name);
  if (said != nullptr && said->shapes[0] == now.shapes[0] && said->shapes[1] == now.shapes[1] && !now.down)
    memory.links.erase(now.name);
  else
    memory.links[now.name] = {{now.shapes[0], now.shapes[1]}, now.down};
}

void apply(const Memory& memory, const Slice& before, Slice& file) {
  for (auto& link : file.links) {
    auto said = before.link(link.name);
    auto altered = memory.links.find(link.name);
    if (said == nullptr || altered == memory.links.end() || said->shapes[0] != link.shapes[0] ||
        said->shapes[1] != link.shapes[1])
      continue;
    for (int i : {0, 1}) link.shapes[i] = altered->second.shapes[i];
    link.down = altered->second.down;
  }
}

}  // namespace xylem::slice
