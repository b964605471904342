#pragma once
// For tests: a `policy { ... }` block from text in braces, without the configuration engine, which policies may not
// use.

#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <kj/debug.h>
#include <net/word.h>
#include <policy/policy.capnp.h>

#include <map>
#include <string>
#include <vector>

namespace xylem::policy::testing {

struct Statement {
  std::vector<std::string> words;
  std::vector<Statement> block;
};

class Reading {
 public:
  explicit Reading(kj::StringPtr text) : at(text.begin()), end(text.end()) {}

  std::vector<Statement> statements() {
    std::vector<Statement> all;
    for (auto word = next(); word != "" && word != "}"; word = next()) {
      Statement statement;
      for (; word != ";" && word != "{"; word = next())
        statement.words.push_back(word[0] == '"' ? word.substr(1) : word);
      if (word == "{") statement.block = statements();
      all.push_back(kj::mv(statement));
    }
    return all;
  }

 private:
  std::string next() {
    // Quoted words keep the first quote.
    while (at < end && (*at == ' ' || *at == '\n')) ++at;
    if (at == end) return "";
    if (*at == '{' || *at == '}' || *at == ';') return std::string(1, *at++);
    std::string word;
    if (*at == '"') {
      do word += *at++;
      while (*at != '"');
      ++at;
      return word;
    }
    while (at < end && !strchr(" \n{};", *at)) word += *at++;
    return word;
  }

  const char* at;
  const char* end;
};

inline void fill(capnp::DynamicStruct::Builder to, const std::vector<Statement>& from) {
  std::map<std::string, std::vector<const Statement*>> byWord;
  for (auto& statement : from) byWord[statement.words[0]].push_back(&statement);
  for (auto& [word, all] : byWord) {
    auto field = KJ_REQUIRE_NONNULL(net::findField(to.getSchema(), word.c_str()), word);
    auto type = field.getType();
    auto value = [&](size_t i) { return kj::StringPtr(all[0]->words.at(i).c_str()); };
    if (type.isVoid()) {
      to.set(field, capnp::VOID);
    } else if (net::isWord(type)) {
      KJ_IF_MAYBE (wrong, net::parseWord(to, field, value(1))) KJ_FAIL_REQUIRE(*wrong, word);
    } else if (type.isStruct()) {
      fill(to.init(field).as<capnp::DynamicStruct>(), all[0]->block);
    } else if (net::isWord(type.asList().getElementType())) {
      std::vector<std::string> words;
      for (auto statement : all) words.insert(words.end(), statement->words.begin() + 1, statement->words.end());
      auto list = to.init(field, words.size()).as<capnp::DynamicList>();
      for (auto i : kj::indices(words))
        KJ_IF_MAYBE (wrong, net::parseWord(list, i, words[i].c_str())) KJ_FAIL_REQUIRE(*wrong, word);
    } else {
      auto list = to.init(field, all.size()).as<capnp::DynamicList>();
      for (auto i : kj::indices(all)) {
        auto entry = list[i].as<capnp::DynamicStruct>();
        auto key = entry.getSchema().getFields()[0];
        KJ_IF_MAYBE (wrong, net::parseWord(entry, key, all[i]->words.at(1).c_str())) KJ_FAIL_REQUIRE(*wrong, word);
        fill(entry, all[i]->block);
      }
    }
  }
}

class Config {
  // Keeps what was read.
 public:
  explicit Config(kj::StringPtr text) {
    fill(capnp::DynamicStruct::Builder(message.initRoot<schema::Options>()), Reading(text).statements());
  }
  schema::Options::Reader options() { return message.getRoot<schema::Options>().asReader(); }

 private:
  capnp::MallocMessageBuilder message;
};

}  // namespace xylem::policy::testing
