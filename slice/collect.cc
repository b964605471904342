// What a crash left is found twice: the journal says what was about to be made, and names say whose a thing is. Only
// what can be named without doubt is removed: namespaces x.SLICE and x.SLICE.NODE, mounts below the slice's folder, and
// groups below the slice's group.

#include <slice/builder.h>
#include <slice/gate.h>
#include <slice/rights.h>
#include <slice/words.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace xylem::slice {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> mountsBelow(const std::string& folder) {
  // The innermost first.
  std::vector<std::string> out;
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    auto at = line.find(" " + folder + "/");
    if (at == std::string::npos) continue;
    out.push_back(line.substr(at + 1, line.find(' ', at + 1) - at - 1));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<std::string> namespacesNow() {
  std::vector<std::string> out;
  std::error_code error;
  for (auto& each : fs::directory_iterator(namespaceFolder(), error)) out.push_back(each.path().filename());
  return out;
}

}  // namespace

Journal::Journal(const std::string& folder) {
  int fd;
  KJ_SYSCALL(fd = open((folder + "/journal").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), folder.c_str());
  file = kj::AutoCloseFd(fd);
}

void Journal::note(const std::string& kind, const std::string& name) {
  auto line = kind + " " + name + "\n";
  kj::FdOutputStream(file.get()).write(line.data(), line.size());
  KJ_SYSCALL(fdatasync(file));
}

std::vector<std::pair<std::string, std::string>> Journal::read(const std::string& folder) {
  std::vector<std::pair<std::string, std::string>> out;
  std::ifstream file(folder + "/journal");
  for (std::string kind, name; file >> kind && std::getline(file, name);) out.emplace_back(kind, name.substr(1));
  return out;
}

void unmount(const std::string& folder) {
  umount2(folder.c_str(), MNT_DETACH);
  rmdir(folder.c_str());
}

namespace {

bool isStored(const fs::path& path) {
  return path.filename() == "spec" || path.filename() == "have" || path.filename() == "owner";
}

}  // namespace

Collected collect(const Place& place, Remains remains) {
  Collected found;
  Groups groups(place.domain);
  auto known = groups.slices();
  if (std::find(known.begin(), known.end(), place.name) != known.end()) {
    // Its processes first: they hold all else.
    groups.remove(place.name);
    ++found.groups;
  }
  std::set<std::string> namespaces;
  auto prefix = "x." + place.name;
  for (auto& [kind, name] : Journal::read(place.folder()))
    if (kind == "namespace") namespaces.insert(name);
  for (auto& each : namespacesNow())
    if (each == prefix || each.starts_with(prefix + ".")) namespaces.insert(each);
  for (auto& each : namespaces) found.namespaces += removeNamespace(each);
  for (auto& each : mountsBelow(place.folder())) found.mounts += umount2(each.c_str(), MNT_DETACH) == 0;
  std::error_code error;
  // Who has no rights has opened none.
  if (!isRootless()) closeGate(place);
  auto stored = place.folder() + "/spec";
  if (remains == Remains::STORED && fs::exists(stored, error)) {
    for (auto& each : fs::directory_iterator(place.folder(), error))
      if (!isStored(each.path())) fs::remove_all(each.path(), error);
  } else if (fs::remove_all(place.folder(), error) > 0) {
    ++found.folders;
  }
  return found;
}

std::vector<std::string> traces(const std::string& base, const std::string& domain) {
  std::set<std::string> names;
  std::error_code error;
  for (auto& each : fs::directory_iterator(base, error))
    if (each.is_directory(error) && isName(each.path().filename().string())) names.insert(each.path().filename());
  for (auto& each : namespacesNow())
    if (each.starts_with("x.")) names.insert(each.substr(2, each.find('.', 2) - 2));
  for (auto& each : Groups(domain).slices()) names.insert(each);
  return {names.begin(), names.end()};
}

std::string domainOf(const std::string& base) {
  std::string domain;
  if (std::ifstream known(base + "/domain"); known >> domain) return domain;
  uint32_t bits;
  KJ_SYSCALL(getrandom(&bits, sizeof(bits), 0));
  char text[16];
  snprintf(text, sizeof(text), "%08x", bits);
  auto aside = base + "/domain." + text;
  std::ofstream(aside) << text << "\n";
  // Whoever comes first has named it.
  if (link(aside.c_str(), (base + "/domain").c_str()) < 0 && errno != EEXIST)
    KJ_FAIL_SYSCALL("link", errno, base.c_str());
  unlink(aside.c_str());
  return domainOf(base);
}

}  // namespace xylem::slice
