// Every struct type becomes one Block, however often it is used, so that a type may contain itself. The words of the
// paths
// ("protocols" of "protocols rip") are blocks too, made here; where two daemons want the same word at the same place,
// the later one is refused. Types are taken from a list of work, not by recursion: a schema comes from another process
// and does not get to choose the depth of our stack.

#include <config/config.capnp.h>
#include <config/grammar.h>
#include <kj/debug.h>
#include <net/word.h>

#include <algorithm>

namespace xylem::config {
namespace {

kj::Maybe<Statement::Range> rangeOf(kj::Maybe<capnp::schema::Value::Reader> value) {
  return value.map([](capnp::schema::Value::Reader v) {
    auto range = v.getStruct().getAs<schema::Range>();
    return Statement::Range{range.getMin(), range.getMax()};
  });
}

kj::StringPtr textOf(kj::Maybe<capnp::schema::Value::Reader> value) {
  KJ_IF_MAYBE (v, value) return v->getText();
  return nullptr;
}

class Builder {
  // Makes the blocks of one daemon.
 public:
  explicit Builder(const Schema& schema) : schema(schema) {}

  Block& build(capnp::StructSchema type) {
    auto& block = blockOf(type);
    for (; unfilled.size() > 0;) {
      auto next = unfilled.back();
      unfilled.removeLast();
      fill(*next.block, next.type);
    }
    return block;
  }

  kj::Vector<kj::Own<Block>> blocks;

 private:
  struct Work {
    Block* block;
    capnp::StructSchema type;
  };

  Block& blockOf(capnp::StructSchema type) {
    auto id = type.getProto().getId();
    KJ_IF_MAYBE (known, made.find(id)) return **known;
    auto& block = *blocks.add(kj::heap<Block>());
    made.insert(id, &block);
    unfilled.add(Work{&block, type});
    return block;
  }

  void fill(Block& block, capnp::StructSchema type) {
    auto fields = KJ_MAP(field, type.getFields()) { return field; };
    std::stable_sort(fields.begin(), fields.end(),
                     [](auto& a, auto& b) { return a.getProto().getCodeOrder() < b.getProto().getCodeOrder(); });
    for (auto& field : fields) {
      auto made = statement(field);
      if (annotation(field, KEY) != nullptr) {
        KJ_REQUIRE(block.key.get() == nullptr && made->kind == Statement::LEAF && !made->member,
                   "a key is one plain field", made->word);
        block.key = kj::mv(made);
      } else {
        block.add(kj::mv(made));
      }
    }
  }

  kj::Own<Statement> statement(capnp::StructSchema::Field field) {
    auto made = kj::heap<Statement>();
    auto& s = *made;
    s.word = net::kebab(field.getProto().getName());
    s.field = field;
    s.schema = &schema;
    shape(s, field.getType());
    s.help = schema.doc(field);
    if (s.help == nullptr && s.block != nullptr && !field.getProto().isGroup()) {
      auto type = s.kind == Statement::KEYED ? field.getType().asList().getElementType() : field.getType();
      s.help = schema.doc(type.asStruct());
    }
    s.range = rangeOf(annotation(field, RANGE));
    s.length = rangeOf(annotation(field, LENGTH));
    s.unit = textOf(annotation(field, UNIT));
    s.refers = textOf(annotation(field, REFERS));
    s.inherits = textOf(annotation(field, INHERITS));
    s.deprecated = textOf(annotation(field, DEPRECATED));
    s.mandatory = annotation(field, MANDATORY) != nullptr;
    s.secret = annotation(field, SECRET) != nullptr;
    s.member = field.getProto().getDiscriminantValue() != capnp::schema::Field::NO_DISCRIMINANT;
    return made;
  }

  void shape(Statement& s, capnp::Type type) {
    s.type = type;
    if (type.isVoid() || type.isBool()) {
      s.kind = Statement::FLAG;
    } else if (net::isWord(type)) {
      s.kind = Statement::LEAF;
    } else if (type.isStruct()) {
      s.kind = Statement::BLOCK;
      s.block = &blockOf(type.asStruct());
    } else if (type.isList() && net::isWord(type.asList().getElementType())) {
      s.kind = Statement::WORDS;
      s.type = type.asList().getElementType();
    } else if (type.isList() && type.asList().getElementType().isStruct()) {
      auto element = type.asList().getElementType().asStruct();
      bool keyed = false;
      for (auto field : element.getFields()) keyed = keyed || annotation(field, KEY) != nullptr;
      KJ_REQUIRE(keyed, "the entries of a list need a field with $key", s.word);
      s.kind = Statement::KEYED;
      s.block = &blockOf(element);
    } else {
      KJ_FAIL_REQUIRE("a field of this type cannot be a statement", s.word);
    }
  }

  const Schema& schema;
  kj::HashMap<uint64_t, Block*> made;
  kj::Vector<Work> unfilled;
};

kj::Vector<kj::StringPtr> splitPath(kj::StringPtr path, kj::Vector<kj::String>& storage) {
  while (path.size() > 0) {
    KJ_IF_MAYBE (space, path.findFirst(' ')) {
      if (*space > 0) storage.add(kj::str(path.slice(0, *space)));
      path = path.slice(*space + 1);
    } else {
      storage.add(kj::str(path));
      break;
    }
  }
  kj::Vector<kj::StringPtr> words;
  for (auto& word : storage) words.add(word);
  return words;
}

}  // namespace

kj::Maybe<const Statement&> Block::find(kj::StringPtr word) const {
  return index.find(word).map([](Statement* s) -> const Statement& { return *s; });
}

void Block::add(kj::Own<Statement> statement) {
  KJ_REQUIRE(find(statement->word) == nullptr, "two fields are the same word", statement->word);
  index.insert(statement->word, statement.get());
  statements.add(kj::mv(statement));
}

kj::Maybe<kj::String> Grammar::add(kj::StringPtr name, kj::Array<const kj::byte> blob) {
  for (auto& daemon : all) {
    if (daemon->name == name) return kj::str("there is a daemon of this name already");
  }
  kj::String problem;
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&] { problem = tryAdd(name, kj::mv(blob)); }))
    return kj::str(e->getDescription());
  if (problem.size() == 0) return nullptr;
  return kj::mv(problem);
}

kj::String Grammar::tryAdd(kj::StringPtr name, kj::Array<const kj::byte> blob) {
  auto daemon = kj::heap<Daemon>();
  daemon->name = kj::str(name);
  daemon->schema = kj::heap<Schema>(name, kj::mv(blob));
  KJ_IF_MAYBE (config, daemon->schema->configuration()) {
    daemon->config = *config;
  } else {
    return kj::String();
  }
  daemon->path = splitPath(textOf(annotation(daemon->config, PATH)), daemon->pathWords);
  KJ_IF_MAYBE (rank, annotation(daemon->config, RANK)) daemon->rank = rank->getUint16();
  daemon->essential = annotation(daemon->config, ESSENTIAL) != nullptr;
  KJ_IF_MAYBE (statement, annotation(daemon->config, NEEDED_BY))
    daemon->neededBy = splitPath(statement->getText(), daemon->neededByWords);
  daemon->privileged = annotation(daemon->config, PRIVILEGED) != nullptr;

  Builder builder(*daemon->schema);
  auto& own = builder.build(daemon->config);
  KJ_REQUIRE(own.key.get() == nullptr, "the configuration itself cannot have a $key");

  kj::Vector<kj::Own<Statement>> statements;
  for (auto& statement : kj::mv(own.statements)) {
    KJ_IF_MAYBE (path, annotation(KJ_ASSERT_NONNULL(statement->field), SHARED)) {
      KJ_REQUIRE(statement->kind == Statement::BLOCK && !statement->member && !statement->mandatory,
                 "what is shared is a plain struct", statement->word);
      Daemon::Shared shared{kj::mv(statement), {}};
      splitPath(path->getText(), shared.path);
      KJ_REQUIRE(shared.path.size() > 0, "what is shared has a path", shared.statement->word);
      KJ_IF_MAYBE (problem, whyNotShared(shared)) return kj::mv(*problem);
      daemon->shared.add(kj::mv(shared));
    } else {
      statements.add(kj::mv(statement));
    }
  }

  // Nothing is changed before it is clear that all of it has its place.
  auto at = &top;
  bool fresh = false;
  for (auto word : daemon->path) {
    if (fresh) break;
    KJ_IF_MAYBE (statement, at->find(word)) {
      if (statement->field != nullptr) return kj::str("its path runs into the statement \"", word, "\"");
      at = const_cast<Block*>(statement->block);
    } else {
      fresh = true;
    }
  }
  if (!fresh) {
    for (auto& statement : statements) {
      if (at->find(statement->word) != nullptr) {
        return kj::str("its statement \"", statement->word, "\" is taken already");
      }
    }
  }

  at = &top;
  for (auto i : kj::indices(daemon->path)) {
    auto word = daemon->path[i];
    auto in = at;
    at = &section(*in, word);
    if (i + 1 == daemon->path.size())
      const_cast<Statement&>(KJ_ASSERT_NONNULL(in->find(word))).help = daemon->schema->doc(daemon->config);
  }
  uint number = all.size();
  for (auto& statement : kj::mv(statements)) {
    statement->daemon = number;
    at->add(kj::mv(statement));
  }
  for (auto& shared : daemon->shared) share(shared, number);
  daemon->block = at;
  for (auto& block : builder.blocks) blocks.add(kj::mv(block));
  all.add(kj::mv(daemon));
  return kj::String();
}

Block& Grammar::section(Block& in, kj::StringPtr word) {
  if (in.find(word) == nullptr) {
    auto made = kj::heap<Statement>();
    made->word = kj::str(word);
    made->block = blocks.add(kj::heap<Block>()).get();
    in.add(kj::mv(made));
  }
  return *const_cast<Block*>(KJ_ASSERT_NONNULL(in.find(word)).block);
}

kj::Maybe<kj::String> Grammar::whyNotShared(const Daemon::Shared& shared) const {
  auto at = &top;
  for (auto i : kj::indices(shared.path)) {
    auto& word = shared.path[i];
    KJ_IF_MAYBE (statement, at->find(word)) {
      bool last = i + 1 == shared.path.size();
      bool fits = last ? statement->sharers.size() > 0 : statement->field == nullptr;
      if (!fits)
        return kj::str("the path of its \"", shared.statement->word, "\" runs into the statement \"", word, '"');
      if (last && statement->type.asStruct().getProto().getId() != shared.statement->type.asStruct().getProto().getId())
        return kj::str("its \"", shared.statement->word, "\" is of another type than that of ",
                       all[statement->sharers[0].daemon]->name);
      at = statement->block;
    } else {
      return nullptr;
    }
  }
  return nullptr;
}

void Grammar::share(const Daemon::Shared& shared, uint daemon) {
  auto at = &top;
  for (auto& word : shared.path.slice(0, shared.path.size() - 1)) at = &section(*at, word);
  auto& word = shared.path.back();
  auto& own = *shared.statement;
  if (at->find(word) == nullptr) {
    auto made = kj::heap<Statement>();
    made->word = kj::str(word);
    made->field = own.field;
    made->type = own.type;
    made->block = own.block;
    made->schema = own.schema;
    made->help = own.help;
    at->add(kj::mv(made));
  }
  auto& statement = const_cast<Statement&>(KJ_ASSERT_NONNULL(at->find(word)));
  statement.sharers.add(Statement::Sharer{daemon, &own});
}

kj::String Grammar::Daemon::locate(kj::StringPtr statement) const {
  for (auto& each : shared) {
    auto& word = each.statement->word;
    if (statement.startsWith(word) && (statement.size() == word.size() || statement[word.size()] == ' '))
      return kj::str(kj::strArray(each.path, " "), statement.slice(word.size()));
  }
  return kj::str(kj::strArray(path, " "), path.size() > 0 && statement.size() > 0 ? " " : "", statement);
}

bool Grammar::needed(const Daemon& daemon, const Tree& tree) const {
  if (daemon.essential) return true;
  if (daemon.neededBy.size() > 0 && tree.root().find(daemon.neededBy) != nullptr) return true;
  if (daemon.path.size() > 0) return tree.root().find(daemon.path) != nullptr;
  for (auto& node : tree.root()) {
    KJ_IF_MAYBE (statement, top.find(node.word())) {
      KJ_IF_MAYBE (number, statement->daemon) {
        if (all[*number].get() == &daemon) return true;
      }
    }
  }
  return false;
}

}  // namespace xylem::config
