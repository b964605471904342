#pragma once
// Something that holds packets, for elements like RED that look for the queues around them.

#include <cstddef>

namespace xylem::click {

class Storage {
 public:
  virtual size_t stored() const = 0;
  virtual size_t limit() const = 0;

 protected:
  ~Storage() = default;
};

}  // namespace xylem::click
