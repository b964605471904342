#pragma once
// What has become of a slice since it was made of its file. It is stored, and so outlives the keeper: another one goes
// on from there. Pure.

#include <slice/model.h>

#include <map>
#include <optional>
#include <string>

namespace xylem::slice {

struct Altered {
  // A link that is not as the file says.
  Shape shapes[2];
  bool down = false;
  bool operator==(const Altered&) const = default;
};

struct Memory {
  double since = 0, ends = 0;
  // Unix seconds: when the slice was up first, and when its lease is over; 0 for never.
  double fired = -1;
  // Seconds after `since`: events of up to then have happened.
  std::map<std::string, Altered> links;
  bool operator==(const Memory&) const = default;
};

std::string print(const Memory& memory);
// JSON of slice.capnp's Memory.
std::optional<Memory> readMemory(const std::string& text);
// None if it is not such a text.

void note(Memory& memory, const Slice& file, const Link& now);
// How that link is now.

void apply(const Memory& memory, const Slice& before, Slice& file);
// What has been done to links of `before` stays in another file of the slice, unless that says of a link what `before`
// did not.

}  // namespace xylem::slice
