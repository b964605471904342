#pragma once
// The configurations on disk: the one in force and those before it.
//
// Each is a file of its own in one directory, `config.NUMBER`, with a number one higher than the last: the highest is
// the one in force, the one N places further down is `rollback N`. A file is configuration text below one line of
// comment that says when, by whom and why, and guards the text with a checksum, so each may be read, copied and loaded
// by hand:
//
//     #! xylem 12 1732161600 1a2b3c4d5e6f7081 root "added eth1"
//
// At whatever moment the power goes, the next start finds either the configuration before a `save` or the one that it
// saved.

#include <kj/function.h>
#include <kj/memory.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace xylem::rtrmgr {

using kj::uint;

class Files {
  // What a store does to its directory. Each call throws if it fails.
 public:
  virtual ~Files() noexcept(false) = default;

  virtual kj::Vector<kj::String> list() = 0;
  virtual kj::Maybe<kj::String> read(kj::StringPtr name) = 0;
  // None if there is no such file, or it cannot be read.
  virtual void write(kj::StringPtr name, kj::StringPtr text) = 0;
  // Creates the file, or replaces what it held; durable only after `sync`.
  virtual void sync(kj::StringPtr name) = 0;
  virtual void rename(kj::StringPtr from, kj::StringPtr to) = 0;
  virtual void remove(kj::StringPtr name) = 0;
  virtual void syncDirectory() = 0;
  // Files created, renamed and removed so far stay so.
};

kj::Own<Files> filesIn(kj::StringPtr directory);
// Makes the directory if it is not there. Files are readable to their owner alone.

struct Commit {
  uint64_t number = 0;
  uint64_t time = 0;
  // Unix seconds.
  kj::String user;
  kj::String comment;
};

struct Saved {
  Commit commit;
  kj::String text;
};

class Store {
 public:
  explicit Store(Files& files, uint rollbacks = 50);
  // Keeps so many configurations beside the one in force. `files` must outlive it.

  kj::Maybe<Saved> load(uint rollback = 0);
  // The configuration in force, or the one so many commits ago. None if there is none. Damaged files do not count.

  kj::Vector<Commit> history();
  // All that can be loaded, the one in force first.

  void save(kj::StringPtr text, uint64_t time, kj::StringPtr user, kj::StringPtr comment);
  // When this returns, the text is what `load` gives from now on, power cuts included. When it throws, it may be or
  // not.

  void keep(uint rollbacks);
  // As many from the next `save` on.

 private:
  kj::Vector<uint64_t> numbers();
  kj::Maybe<Saved> read(uint64_t number);

  Files& files;
  uint rollbacks;
};

}  // namespace xylem::rtrmgr
