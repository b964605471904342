// Each line of the operator connects anew: a connection may have died while the prompt waited and the loop stood still.

#include <cli/manager.h>

#include <kj/debug.h>

namespace xylem::cli {

using namespace xrl;
using rtrmgr::wire::Configuration;
using rtrmgr::wire::Editor;

namespace {

Verdict verdictOf(capnp::List<rtrmgr::wire::Problem>::Reader problems, uint64_t generation) {
  Verdict verdict;
  verdict.generation = generation;
  for (auto each : problems) {
    auto place = each.getLine() > 0 ? kj::str(each.getLine(), ':', each.getColumn(), ": ") : kj::String();
    verdict.problems.add(kj::str(place, each.getPath(), each.getPath().size() > 0 ? ": " : "", each.getText()));
  }
  return verdict;
}

}  // namespace

Task<Services::Client> Manager::reach() {
  if (connection == nullptr) {
    KJ_REQUIRE(process.isThere(), "the router does not run any more");
    auto made = co_await process.connect("rtrmgr", false);
    connection = kj::mv(made);
  }
  co_return KJ_ASSERT_NONNULL(connection)->bootstrap().castAs<Services>();
}

Task<Configuration::Client> Manager::configuration() {
  auto services = co_await reach();
  auto request = services.getRequest();
  request.setInterface("Configuration");
  co_return request.send().getService().castAs<Configuration>();
}

Task<Editor::Client> Manager::editor() {
  auto services = co_await reach();
  auto request = services.getRequest();
  request.setInterface("Editor");
  co_return request.send().getService().castAs<Editor>();
}

Task<capnp::Response<Configuration::SchemasResults>> Manager::schemas() {
  auto asked = co_await configuration();
  auto answer = co_await asked.schemasRequest().send();
  co_return kj::mv(answer);
}

Task<Standing> Manager::running() {
  auto asked = co_await configuration();
  auto answer = co_await asked.runningRequest().send();
  Standing standing;
  standing.text = kj::str(answer.getText());
  standing.generation = answer.getGeneration();
  co_return kj::mv(standing);
}

Task<kj::String> Manager::rollback(uint number) {
  auto asked = co_await configuration();
  auto request = asked.rollbackRequest();
  request.setNumber(number);
  auto answer = co_await request.send();
  co_return kj::str(answer.getText());
}

Task<bool> Manager::mayEdit() {
  auto services = co_await reach();
  auto answer = co_await services.describeRequest().send();
  bool may = false;
  for (auto name : answer.getInterfaces()) may = may || name == "Editor";
  co_return kj::mv(may);
}

Task<Verdict> Manager::check(kj::String text) {
  auto asked = co_await editor();
  auto request = asked.checkRequest();
  request.setText(text);
  auto answer = co_await request.send();
  co_return verdictOf(answer.getProblems(), 0);
}

Task<Verdict> Manager::commit(kj::String text, uint64_t base, kj::String comment, uint32_t confirm) {
  auto asked = co_await editor();
  auto request = asked.commitRequest();
  request.setText(text);
  request.setBase(base);
  request.setComment(comment);
  request.setConfirm(confirm);
  auto answer = co_await request.send();
  co_return verdictOf(answer.getProblems(), answer.getGeneration());
}

Task<void> Manager::confirm() {
  auto asked = co_await editor();
  co_await asked.confirmRequest().send();
}

}  // namespace xylem::cli
