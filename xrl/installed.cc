// Nothing is run: a program's schema is a section of its ELF file (System V ABI, chapter 4), put there by tools/embed,
// and is read where it lies.

#include <xrl/installed.h>

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/filesystem.h>
#include <link.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xrl/log.h>

#include <algorithm>
#include <cstring>
#include <sstream>

namespace xylem::xrl {

namespace {

using Bytes = kj::ArrayPtr<const kj::byte>;

constexpr kj::StringPtr PREFIX = "xylem-"_kj, SECTION = "xylem_schema."_kj;

kj::Maybe<Bytes> part(Bytes file, uint64_t offset, uint64_t size) {
  if (offset > file.size() || size > file.size() - offset) return nullptr;
  return file.slice(offset, offset + size);
}

template <typename T> kj::Maybe<T> read(Bytes file, uint64_t offset) {
  return part(file, offset, sizeof(T)).map([](Bytes bytes) {
    T value;
    memcpy(&value, bytes.begin(), sizeof(T));
    return value;
  });
}

bool isNamed(Bytes names, uint64_t at, kj::StringPtr name) {
  auto size = name.size() + 1;
  return at <= names.size() && names.size() - at >= size && memcmp(names.begin() + at, name.begin(), size) == 0;
}

kj::Maybe<ElfW(Shdr)> section(Bytes file, const ElfW(Ehdr) & header, uint i) {
  return read<ElfW(Shdr)>(file, header.e_shoff + uint64_t(i) * header.e_shentsize);
}

kj::Maybe<Bytes> content(Bytes file, const ElfW(Ehdr) & header, uint i) {
  KJ_IF_MAYBE (found, section(file, header, i)) return part(file, found->sh_offset, found->sh_size);
  return nullptr;
}

kj::Maybe<Bytes> sectionIn(Bytes file, const ElfW(Ehdr) & header, kj::StringPtr name) {
  if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != sizeof(void*) / 4) return nullptr;
  KJ_IF_MAYBE (names, content(file, header, header.e_shstrndx))
    for (uint i = 0; i < header.e_shnum; ++i)
      KJ_IF_MAYBE (each, section(file, header, i))
        if (isNamed(*names, each->sh_name, name)) return content(file, header, i);
  return nullptr;
}

kj::Maybe<kj::Array<const kj::byte>> schemaOf(kj::StringPtr path, kj::StringPtr name) {
  int opened = open(path.cStr(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return nullptr;
  auto file = kj::newDiskReadableFile(kj::AutoCloseFd(opened));
  auto content = file->mmap(0, file->stat().size);
  KJ_IF_MAYBE (header, read<ElfW(Ehdr)>(content, 0))
    KJ_IF_MAYBE (schema, sectionIn(content, *header, kj::str(SECTION, name))) return schema->attach(kj::mv(content));
  return nullptr;
}

bool isProgram(kj::StringPtr path) {
  struct stat status;
  return stat(path.cStr(), &status) == 0 && S_ISREG(status.st_mode) && access(path.cStr(), X_OK) == 0;
}

void findIn(kj::StringPtr directory, kj::Vector<Installed>& found) {
  auto listing = opendir(directory.cStr());
  KJ_REQUIRE(listing != nullptr, "cannot read the folder of the daemons", directory);
  KJ_DEFER(closedir(listing));
  while (auto entry = readdir(listing)) {
    kj::StringPtr file = entry->d_name;
    auto path = kj::str(directory, '/', file);
    if (!file.startsWith(PREFIX) || !isProgram(path)) continue;
    auto name = file.slice(PREFIX.size());
    KJ_IF_MAYBE (schema, schemaOf(path, name))
      found.add(Installed{kj::str(name), kj::mv(path), kj::mv(*schema)});
    else
      log::warn("program without a schema", "path", path);
  }
}

}  // namespace

kj::Vector<Installed> findInstalled() {
  kj::Vector<Installed> found;
  findIn(programDirectory(), found);
  auto others = getenv("XYLEM_PROGRAMS");
  std::istringstream list(others == nullptr ? "" : others);
  for (std::string each; std::getline(list, each, ':');) findIn(each.c_str(), found);
  std::sort(found.begin(), found.end(), [](auto& a, auto& b) { return a.name < b.name; });
  return found;
}

kj::String programDirectory() {
  char path[4096];
  ssize_t size;
  KJ_SYSCALL(size = readlink("/proc/self/exe", path, sizeof path - 1));
  path[size] = 0;
  *strrchr(path, '/') = 0;
  auto installed = kj::str(path, "/../libexec/xylem");
  struct stat status;
  return stat(installed.cStr(), &status) == 0 ? kj::mv(installed) : kj::str(path);
}

}  // namespace xylem::xrl
