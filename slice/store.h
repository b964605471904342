#pragma once
// Where it is written down which slices there are: texts under keys such as `slices/NAME/spec`.
//
// The interface is that of what keeps several machines of one mind; on one machine it is a folder of files.

#include <kj/common.h>
#include <kj/io.h>
#include <kj/memory.h>
#include <xrl/loop.h>

#include <string>
#include <vector>

namespace xylem::slice {

class Store {
 public:
  virtual ~Store() noexcept(false) = default;

  struct Value {
    std::string text;
    uint64_t revision = 0;
    // Another one after each change.
  };
  virtual kj::Maybe<Value> get(const std::string& key) = 0;
  virtual bool put(const std::string& key, const std::string& text, uint64_t revision) = 0;
  // False, and nothing has changed, if the value's revision is another one by now; 0: there shall be none. When this
  // returns true, the value survives a crash.
  virtual void remove(const std::string& key) = 0;
  virtual std::vector<std::string> list(const std::string& prefix) = 0;
  // Keys.

  class Watcher {
   public:
    virtual ~Watcher() noexcept(false) = default;
    virtual kj::Promise<void> next() = 0;
    // Something below the prefix has been put or removed since this was made, or since the last time; now and then also
    // when nothing has. One wait at a time.
  };
  virtual kj::Own<Watcher> watch(const std::string& prefix) = 0;
  // `slices/`, or `slices/NAME/` and what comes behind it.

  class Lease {
    // Ends with this object or with the process, whatever ends it.
   public:
    virtual ~Lease() noexcept(false) = default;
    virtual int fd() const = 0;
    // Who inherits it, has the lease too.
  };
  virtual kj::Maybe<kj::Own<Lease>> lease(const std::string& name) = 0;
  // None while somebody else has the one of that name.
  virtual kj::Promise<kj::Maybe<kj::Own<Lease>>> lease(const std::string& name, kj::Duration patience) = 0;
  // As soon as it can be had; none if that takes longer.
};

kj::Own<Store> fileStore(xrl::Loop& loop, const std::string& folder);
// Makes the folder if it is not there; for its owner alone.

std::string sliceFolder();
// $XYLEM_SLICES, or /run/xylem-slices; of an ordinary user, $XDG_RUNTIME_DIR/xylem-slices, or /tmp/xylem-slices-UID.

}  // namespace xylem::slice
