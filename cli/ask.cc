// Asking.
//
// All calls are made on the dynamic API: nothing here knows any daemon. A locator and an operational command become the
// same thing, a Command: whom to ask, for which method, with which parameters.

#include <cli/ask.h>

#include <capnp/any.h>
#include <kj/debug.h>
#include <net/word.h>
#include <time.h>
#include <xrl/locator.h>

#include <cstring>

namespace xylem::cli {

using namespace xrl;

namespace {

Style styleOf(Format format) { return Style{format.detail, uint64_t(time(nullptr))}; }

bool isText(capnp::StructSchema schema) {
  // Of a method's results: one text, which may well have lines.
  auto fields = schema.getFields();
  return fields.size() == 1 && fields[0].getType().isText();
}

kj::String shown(capnp::DynamicStruct::Reader value, Format format) {
  return format.json ? kj::str(json(value), '\n') : lines(value, styleOf(format));
}

void copy(capnp::DynamicStruct::Reader from, capnp::Request<capnp::DynamicStruct, capnp::DynamicStruct>& into) {
  for (auto field : from.getSchema().getFields())
    if (from.has(field)) into.set(field, from.get(field));
}

// Every process may offer those of xrl/daemon.capnp, whether or not its schema has come to mention them.
capnp::InterfaceSchema interfaceNamed(const config::Schema& schema, kj::StringPtr name) {
  for (auto node : schema.nodes())
    if (node.getProto().isInterface() && node.getShortDisplayName() == name) return node.asInterface();
  if (name == "Status") return capnp::Schema::from<Status<>>();
  if (name == "Daemon") return capnp::Schema::from<Daemon<>>();
  KJ_FAIL_REQUIRE("the schema of this target does not tell of this interface", name);
}

kj::Maybe<capnp::InterfaceSchema::Method> methodNamed(capnp::InterfaceSchema interface, kj::StringPtr name) {
  for (auto method : interface.getMethods())
    if (method.getProto().getName() == name || net::kebab(method.getProto().getName()) == name) return method;
  return nullptr;
}

kj::Maybe<capnp::StructSchema> stateOf(const config::Schema& schema) {
  for (auto node : schema.own())
    if (node.getProto().isStruct() && node.getShortDisplayName() == "State") return node.asStruct();
  return nullptr;
}

void setArgument(capnp::DynamicStruct::Builder params, const Locator& locator, size_t index) {
  // A list takes the values of all arguments of its name, at the first of them.
  auto& argument = locator.arguments[index];
  auto field = KJ_REQUIRE_NONNULL(net::findField(params.getSchema(), net::kebab(argument.name)),
                                  "there is no such argument", argument.name);
  auto type = field.getType();
  kj::Maybe<kj::String> problem;
  if (type.isList()) {
    kj::Vector<kj::StringPtr> values;
    for (size_t i = 0; i < locator.arguments.size(); ++i) {
      if (locator.arguments[i].name != argument.name) continue;
      if (i < index) return;
      values.add(locator.arguments[i].value);
    }
    KJ_REQUIRE(net::isWord(type.asList().getElementType()), "this argument cannot be given as words", argument.name);
    auto list = params.init(field, values.size()).as<capnp::DynamicList>();
    for (auto i : kj::indices(values))
      if (problem == nullptr) problem = net::parseWord(list, i, values[i]);
  } else {
    KJ_REQUIRE(net::isWord(type), "this argument cannot be given as a word", argument.name);
    problem = net::parseWord(params, field, argument.value);
  }
  KJ_IF_MAYBE (text, problem) KJ_FAIL_REQUIRE("the argument is wrong", argument.name, *text);
}

kj::String signature(capnp::InterfaceSchema::Method method) {
  kj::Vector<kj::String> params;
  for (auto field : method.getParamType().getFields())
    params.add(
        kj::str(field.getProto().getName(), "=",
                net::isWord(field.getType()) ? kj::str('<', net::expected(field.getType()), '>') : kj::str("...")));
  return kj::str(params.size() > 0 ? "?" : "", kj::strArray(params, "&"));
}

}  // namespace

kj::Promise<void> Asker::ask(kj::Own<Command> command, Format format, Output output) {
  return askNow(kj::mv(command), format, kj::mv(output));
}
kj::Promise<void> Asker::call(kj::StringPtr locator, Format format, Output output) {
  return callNow(kj::str(locator), format, kj::mv(output));
}
kj::Promise<void> Asker::list(kj::StringPtr prefix, Format format, Output output) {
  return listNow(kj::str(prefix), format, kj::mv(output));
}

Task<void> Asker::askNow(kj::Own<Command> command, Format format, Output output) {
  auto connection = co_await process.connect(command->daemon, false);
  auto services = connection->bootstrap().castAs<Services>();
  auto get = services.getRequest();
  KJ_IF_MAYBE (method, command->method) {
    get.setInterface(command->interface);
    auto schema = method->getContainingInterface();
    auto service = get.send().getService().castAs<capnp::DynamicCapability>(schema);
    auto showing = showPages(kj::mv(service), kj::mv(command), format, kj::mv(output));
    co_await kj::mv(showing);
  } else {
    get.setInterface("Status");
    auto status = get.send().getService().castAs<Status<>>();
    auto response = co_await status.stateRequest().send();
    auto state = response.getState().getAs<capnp::DynamicStruct>(command->state);
    kj::String text;
    KJ_IF_MAYBE (field, command->field)
      text = format.json ? kj::str(json(state.get(*field)), '\n') : line(state, *field, styleOf(format));
    else
      text = shown(state, format);
    co_await output(kj::mv(text));
  }
}

Task<void> Asker::showPages(capnp::DynamicCapability::Client service, kj::Own<Command> command, Format format,
                            Output output) {
  auto& method = KJ_ASSERT_NONNULL(command->method);
  kj::Maybe<Table> table;
  JsonList array;
  kj::String after;
  do {
    auto request = service.newRequest(method);
    copy(command->params->getRoot<capnp::DynamicStruct>(method.getParamType()).asReader(), request);
    if (after.size() > 0) request.set("after", capnp::Text::Reader(after));
    auto response = co_await request.send();
    KJ_IF_MAYBE (rows, command->rows) {
      auto list = response.get(*rows).as<capnp::DynamicList>();
      if (table == nullptr) table.emplace(rows->getType().asList().getStructElementType(), styleOf(format));
      auto text = format.json ? array.add(list) : KJ_ASSERT_NONNULL(table).add(list);
      co_await output(kj::mv(text));
    } else if (method.getResultType().getFields().size() > 0) {
      bool plain = !format.json && isText(method.getResultType());
      auto text = plain ? lines(response.get(method.getResultType().getFields()[0]).as<capnp::Text>())
                        : shown(response, format);
      co_await output(kj::mv(text));
    }
    after = command->paged ? kj::str(response.get("next").as<capnp::Text>()) : kj::str();
  } while (after.size() > 0);
  if (format.json && command->rows != nullptr) {
    auto end = array.end();
    co_await output(kj::mv(end));
  }
}

Task<void> Asker::callNow(kj::String text, Format format, Output output) {
  auto parsed = parseLocator(text);
  if (parsed.is<BadLocator>()) {
    auto& bad = parsed.get<BadLocator>();
    KJ_FAIL_REQUIRE(kj::str("column ", bad.at + 1, " of the locator: ", bad.text));
  }
  auto locator = kj::mv(parsed.get<Locator>());
  auto connection = co_await process.connect(locator.target, false);
  auto services = connection->bootstrap().castAs<Services>();
  auto description = co_await services.describeRequest().send();
  config::Schema schema(locator.target, kj::heapArray<const kj::byte>(description.getSchema()));

  auto command = kj::heap<Command>();
  command->daemon = locator.target;
  command->interface = locator.interface;
  if (locator.interface == "Status" && locator.method == "state") {
    command->state = KJ_REQUIRE_NONNULL(stateOf(schema), "this target has no state", locator.target);
    auto asking = askNow(kj::mv(command), format, kj::mv(output));
    co_await kj::mv(asking);
  } else {
    auto interface = interfaceNamed(schema, locator.interface);
    auto method = KJ_REQUIRE_NONNULL(methodNamed(interface, locator.method), "there is no such method", locator.method);
    command->method = method;
    command->params = kj::heap<capnp::MallocMessageBuilder>();
    auto params = command->params->initRoot<capnp::DynamicStruct>(method.getParamType());
    for (auto i : kj::indices(locator.arguments)) setArgument(params, locator, i);
    for (auto field : method.getResultType().getFields())
      if (field.getType().isList() && field.getType().asList().getElementType().isStruct() &&
          !net::isWord(field.getType().asList().getElementType()))
        command->rows = field;
    command->paged = net::findField(method.getParamType(), "after") != nullptr &&
                     net::findField(method.getResultType(), "next") != nullptr;
    auto asking = askNow(kj::mv(command), format, kj::mv(output));
    co_await kj::mv(asking);
  }
}

Task<void> Asker::listNow(kj::String prefix, Format format, Output output) {
  auto start = prefix.startsWith("xrl:") ? prefix.slice(strlen("xrl:")) : kj::StringPtr(prefix);
  auto finder = co_await process.finder();
  auto answer = co_await finder.targetsRequest().send();
  for (auto target : answer.getTargets()) {
    auto name = kj::str(target.getName());
    auto connection = co_await process.connect(name, false);
    auto services = connection->bootstrap().castAs<Services>();
    auto description = co_await services.describeRequest().send();
    if (description.getSchema().size() == 0) continue;
    config::Schema schema(name, kj::heapArray<const kj::byte>(description.getSchema()));
    kj::Vector<kj::String> text;
    for (auto each : description.getInterfaces()) {
      auto interface = interfaceNamed(schema, each);
      for (auto method : interface.getMethods()) {
        auto locator = kj::str(name, '/', each, '/', method.getProto().getName());
        if (!locator.startsWith(start)) continue;
        text.add(kj::str("xrl:", locator, signature(method), '\n'));
        auto help = config::firstLine(schema.doc(method));
        if (help.size() > 0) text.add(kj::str("    ", help, '\n'));
      }
    }
    auto page = kj::strArray(text, "");
    co_await output(kj::mv(page));
  }
}

}  // namespace xylem::cli
