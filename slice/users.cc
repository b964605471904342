// Ranges of users: one for each slice, found by its name, or the next that is free. What is taken is written into the
// folder of the slice that has it.

#include <slice/keeper.h>
#include <slice/names.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace xylem::slice {

namespace {

constexpr uint32_t FIRST = 1u << 30, RANGE = 65536, RANGES = 8192;
// Above what distributions hand out, below what is negative as an int.

}  // namespace

uint32_t freeUsers(Store& store, const std::string& base, const std::string& name) {
  // One looks at a time.
  auto turn = store.lease(" users");
  for (; turn == nullptr; turn = store.lease(" users")) usleep(1000);
  namespace fs = std::filesystem;
  std::set<uint32_t> taken;
  std::error_code error;
  for (auto& each : fs::directory_iterator(base, error)) {
    uint32_t first;
    if (std::ifstream file(each.path() / "users"); file >> first) taken.insert(first);
  }
  auto number = uint32_t(hashOf(name) % RANGES);
  while (taken.count(FIRST + number * RANGE) > 0) number = (number + 1) % RANGES;
  auto first = FIRST + number * RANGE;
  std::ofstream(base + "/" + name + "/users") << first << "\n";
  return first;
}

}  // namespace xylem::slice
