// Nothing on disk is ever overwritten or moved along: a new configuration is written beside the others under a
// temporary name, made durable, and gets its place by one rename, which a file system does wholly or not at all.
// Rotating fifty numbered files at each commit would be fifty chances to be interrupted; a number that only grows needs
// none.
//
// The checksum is for what no order of system calls can prevent: a file system that loses what it had promised, or a
// hand that edits a stored file. Such a file is passed over in favour of the next older one.

#include <config/syntax.h>
#include <dirent.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <rtrmgr/store.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <functional>

namespace xylem::rtrmgr {
namespace {

constexpr kj::StringPtr PREFIX = "config."_kj;
constexpr kj::StringPtr FRESH = "config.new"_kj;
constexpr kj::StringPtr MAGIC = "#! xylem "_kj;

class Directory final : public Files {
 public:
  explicit Directory(kj::StringPtr path) {
    if (mkdir(path.cStr(), 0755) != 0 && errno != EEXIST) KJ_FAIL_SYSCALL("mkdir", errno, path);
    int opened;
    KJ_SYSCALL(opened = open(path.cStr(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), path);
    fd = kj::AutoCloseFd(opened);
  }

  kj::Vector<kj::String> list() override {
    int copy;
    KJ_SYSCALL(copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto dir = fdopendir(copy);
    if (dir == nullptr) {
      close(copy);
      KJ_FAIL_SYSCALL("fdopendir", errno);
    }
    KJ_DEFER(closedir(dir));
    kj::Vector<kj::String> names;
    while (auto entry = readdir(dir)) names.add(kj::str(entry->d_name));
    return names;
  }

  kj::Maybe<kj::String> read(kj::StringPtr name) override {
    int opened = openat(fd, name.cStr(), O_RDONLY | O_CLOEXEC);
    if (opened < 0) return nullptr;
    kj::AutoCloseFd file(opened);
    kj::Vector<char> text;
    char buffer[16384];
    for (;;) {
      ssize_t got = ::read(file, buffer, sizeof(buffer));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return nullptr;
      if (got == 0) break;
      text.addAll(buffer, buffer + got);
    }
    return kj::heapString(text);
  }

  void write(kj::StringPtr name, kj::StringPtr text) override {
    int opened;
    KJ_SYSCALL(opened = openat(fd, name.cStr(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), name);
    kj::AutoCloseFd file(opened);
    kj::FdOutputStream(file.get()).write(text.begin(), text.size());
  }

  void sync(kj::StringPtr name) override {
    int opened;
    KJ_SYSCALL(opened = openat(fd, name.cStr(), O_WRONLY | O_CLOEXEC), name);
    kj::AutoCloseFd file(opened);
    KJ_SYSCALL(fsync(file), name);
  }

  void rename(kj::StringPtr from, kj::StringPtr to) override {
    KJ_SYSCALL(renameat(fd, from.cStr(), fd, to.cStr()), from, to);
  }

  void remove(kj::StringPtr name) override { KJ_SYSCALL(unlinkat(fd, name.cStr(), 0), name); }

  void syncDirectory() override { KJ_SYSCALL(fsync(fd)); }

 private:
  kj::AutoCloseFd fd;
};

uint64_t checksum(kj::StringPtr text) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

kj::Maybe<uint64_t> number(kj::StringPtr digits) {
  if (digits.size() == 0 || digits.size() > 18) return nullptr;
  uint64_t value = 0;
  for (char c : digits) {
    if (c < '0' || c > '9') return nullptr;
    value = value * 10 + (c - '0');
  }
  return value;
}

kj::String fileName(uint64_t number) { return kj::str(PREFIX, number); }

kj::String print(const Commit& commit, kj::StringPtr text) {
  return kj::str(MAGIC, commit.number, ' ', commit.time, ' ', kj::hex(checksum(text)), ' ', config::quoted(commit.user),
                 ' ', config::quoted(commit.comment), '\n', text);
}

kj::Maybe<Saved> parse(kj::StringPtr file) {
  if (!file.startsWith(MAGIC)) return nullptr;
  auto end = file.findFirst('\n').orDefault(file.size());
  auto head = kj::str(file.slice(MAGIC.size(), end));
  auto text = end < file.size() ? file.slice(end + 1) : ""_kj;
  auto line = config::splitLine(head);
  if (line.unclosed || line.problems.size() > 0 || line.words.size() != 5) return nullptr;
  auto& words = line.words;
  if (words[2].text != kj::str(kj::hex(checksum(text)))) return nullptr;
  KJ_IF_MAYBE (which, number(words[0].text)) {
    KJ_IF_MAYBE (time, number(words[1].text)) {
      return Saved{Commit{*which, *time, kj::mv(words[3].text), kj::mv(words[4].text)}, kj::str(text)};
    }
  }
  return nullptr;
}

}  // namespace

kj::Own<Files> filesIn(kj::StringPtr directory) { return kj::heap<Directory>(directory); }

Store::Store(Files& files, uint rollbacks) : files(files), rollbacks(rollbacks) {}

kj::Maybe<Saved> Store::load(uint rollback) {
  for (auto number : numbers()) {
    KJ_IF_MAYBE (saved, read(number)) {
      if (rollback-- == 0) return kj::mv(*saved);
    }
  }
  return nullptr;
}

kj::Vector<Commit> Store::history() {
  kj::Vector<Commit> commits;
  for (auto number : numbers()) {
    KJ_IF_MAYBE (saved, read(number)) commits.add(kj::mv(saved->commit));
  }
  return commits;
}

void Store::save(kj::StringPtr text, uint64_t time, kj::StringPtr user, kj::StringPtr comment) {
  auto before = numbers();
  Commit commit{before.size() > 0 ? before[0] + 1 : 1, time, kj::str(user), kj::str(comment)};
  files.write(FRESH, print(commit, text));
  files.sync(FRESH);
  files.rename(FRESH, fileName(commit.number));
  files.syncDirectory();
  for (auto i = rollbacks; i < before.size(); ++i) files.remove(fileName(before[i]));
}

void Store::keep(uint rollbacks) { this->rollbacks = rollbacks; }

kj::Vector<uint64_t> Store::numbers() {
  kj::Vector<uint64_t> all;
  for (auto& name : files.list()) {
    if (!name.startsWith(PREFIX)) continue;
    KJ_IF_MAYBE (found, number(name.slice(PREFIX.size()))) {
      if (fileName(*found) == name) all.add(*found);
    }
  }
  std::sort(all.begin(), all.end(), std::greater<>());
  return all;
}

kj::Maybe<Saved> Store::read(uint64_t number) {
  KJ_IF_MAYBE (file, files.read(fileName(number))) {
    auto saved = parse(*file);
    KJ_IF_MAYBE (s, saved) {
      if (s->commit.number == number) return kj::mv(*s);
    }
  }
  return nullptr;
}

}  // namespace xylem::rtrmgr
