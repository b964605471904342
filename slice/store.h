#pragma once
// Where it is written down which slices there are: texts under keys such as `slices/NAME/spec`.
//
// The interface is that of what keeps several machines of one mind; on one machine it is a folder of files.

#include <kj/common.h>
#include <kj/io.h>
#include <kj/memory.h>

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

  class Lease {
    // Ends with this object or with the process, whatever ends it.
   public:
    virtual ~Lease() noexcept(false) = default;
    virtual int fd() const = 0;
    // Who inherits it, has the lease too.
  };
  virtual kj::Maybe<kj::Own<Lease>> lease(const std::string& name) = 0;
  // None while somebody else has the one of that name.
};

kj::Own<Store> fileStore(const std::string& folder);
// Makes the folder if it is not there; for its owner alone.

std::string sliceFolder();
// $XYLEM_SLICES, or /run/xylem-slices.

}  // namespace xylem::slice
