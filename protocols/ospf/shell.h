#pragma once
// The daemons of OSPFv2 and of OSPFv3: their schemas, bound to the cores of a Speaker.

#include <protocols/ospf/speaker.h>

namespace xylem::ospf {

class Shell final : public xrl::Configured<schema::Config, schema::State> {
 public:
  explicit Shell(xrl::Process& process);

  void check(schema::Config::Reader config, xrl::Problems& problems) override;
  kj::Maybe<kj::String> whyRestart(schema::Config::Reader config) override;
  xrl::Task<void> commit(schema::Config::Reader config) override;
  xrl::Task<void> retire() override;
  void state(schema::State::Builder state) override;

 private:
  Speaker speaker;
};

class Shell3 final : public xrl::Configured<schema3::Config, schema3::State> {
 public:
  explicit Shell3(xrl::Process& process);

  void check(schema3::Config::Reader config, xrl::Problems& problems) override;
  kj::Maybe<kj::String> whyRestart(schema3::Config::Reader config) override;
  xrl::Task<void> commit(schema3::Config::Reader config) override;
  xrl::Task<void> retire() override;
  void state(schema3::State::Builder state) override;

 private:
  Speaker speaker;
};

}  // namespace xylem::ospf
