// libedit asks for one key after the other; while one is awaited the loop turns.
//
// The terminal is the editor's from its making to its end, and its modes are the same at the prompt and between
// prompts: single characters, no echo, no signals. Whatever libedit does with them at a prompt, no key can fall in
// between. It would also bind ^D anew, over whatever was bound, whenever it found a terminal in line mode.
//
// History lies in $XDG_STATE_HOME/xylem/history, or else in ~/.xylem_history, for its owner alone: it may hold secrets.

#include <cli/line-editor.h>

#include <config/syntax.h>
#include <histedit.h>
#include <kj/debug.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cwchar>

namespace xylem::cli {

namespace {

constexpr int HISTORY_SIZE = 1000;

kj::String historyFile() {
  auto state = getenv("XDG_STATE_HOME");
  if (state != nullptr && *state != '\0') {
    auto folder = kj::str(state, "/xylem");
    mkdir(state, 0700);
    mkdir(folder.cStr(), 0700);
    return kj::str(folder, "/history");
  }
  auto home = getenv("HOME");
  return home == nullptr ? kj::String() : kj::str(home, "/.xylem_history");
}

int characters(kj::StringPtr text) {
  int count = 0;
  for (char c : text) count += (c & 0xc0) != 0x80;
  return count;
}

}  // namespace

struct LineEditor::Editing {
  Editing(xrl::Loop& loop, Keyboard& keyboard, Complete complete, Show show)
      : loop(loop), keyboard(keyboard), complete(kj::mv(complete)), show(kj::mv(show)), file(historyFile()) {
    setlocale(LC_CTYPE, "");
    if (kj::StringPtr(nl_langinfo(CODESET)) != "UTF-8") setlocale(LC_CTYPE, "C.UTF-8");
    HistEvent event;
    past = history_init();
    history(past, &event, H_SETSIZE, HISTORY_SIZE);
    history(past, &event, H_SETUNIQUE, 1);
    if (file.size() > 0) history(past, &event, H_LOAD, file.cStr());
    el = el_init("xylem", stdin, stdout, stderr);
    KJ_REQUIRE(el != nullptr, "the terminal cannot be used");
    el_set(el, EL_CLIENTDATA, this);
    el_set(el, EL_PROMPT, &promptOf);
    el_set(el, EL_EDITOR, "emacs");
    el_set(el, EL_HIST, history, past);
    el_set(el, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_source(el, nullptr);
    el_set(el, EL_SETTY, "-d", "-isig", nullptr);
    el_set(el, EL_SETTY, "-x", "-isig", "-icanon", "-echo", nullptr);
    el_set(el, EL_GETCFN, &nextCharacter);
    add("xylem-complete", "Complete the word.", &onTab, "^I");
    add("xylem-help", "Say what may come next.", &onHelp, "?");
    add("xylem-give-up", "Give the line up.", &onInterrupt, "^C");
    add("xylem-end", "Delete a character, or end the session.", &onEnd, "^D");
  }
  ~Editing() {
    el_end(el);
    history_end(past);
  }
  KJ_DISALLOW_COPY(Editing);

  void remember(kj::StringPtr line) {
    HistEvent event;
    history(past, &event, H_ENTER, line.cStr());
    if (file.size() > 0) history(past, &event, H_SAVE, file.cStr());
  }

  xrl::Loop& loop;
  Keyboard& keyboard;
  Complete complete;
  Show show;
  kj::String prompt, file;
  kj::ForkedPromise<void>* told = nullptr;
  bool givenUp = false;
  EditLine* el;
  History* past;

 private:
  void add(const char* name, const char* help, unsigned char (*function)(EditLine*, int), const char* key) {
    el_set(el, EL_ADDFN, name, help, function);
    el_set(el, EL_BIND, key, name, nullptr);
  }

  static Editing& of(EditLine* el) {
    void* self;
    el_get(el, EL_CLIENTDATA, &self);
    return *static_cast<Editing*>(self);
  }
  static char* promptOf(EditLine* el) { return of(el).prompt.begin(); }

  static kj::String beforeCursor(EditLine* el) {
    auto line = el_line(el);
    return kj::heapString(line->buffer, line->cursor - line->buffer);
  }

  unsigned char list(kj::String text) {
    fputs("\n", stdout);
    fflush(stdout);
    show(kj::mv(text));
    return CC_REDISPLAY;
  }

  static unsigned char onTab(EditLine* el, int) {
    auto& self = of(el);
    auto offer = self.complete(beforeCursor(el));
    KJ_IF_MAYBE (text, inserted(offer)) {
      el_deletestr(el, characters(offer.partial));
      return el_insertstr(el, text->cStr()) == 0 ? CC_REFRESH : CC_ERROR;
    }
    if (offer.completion.candidates.size() == 0 && offer.wrong == nullptr) return CC_REFRESH_BEEP;
    return self.list(help(offer));
  }

  static unsigned char onHelp(EditLine* el, int) {
    auto& self = of(el);
    auto line = beforeCursor(el);
    if (config::splitLine(line).unclosed) return el_insertstr(el, "?") == 0 ? CC_REFRESH : CC_ERROR;
    fputs("?", stdout);
    return self.list(help(self.complete(line)));
  }

  static int nextCharacter(EditLine* el, wchar_t* into) {
    auto& self = of(el);
    std::mbstate_t state{};
    for (;;) {
      bool over = false, resized = false;
      self.keyboard.whenTyped()
          .exclusiveJoin(self.loop.onSignal(SIGWINCH).then([&resized](int) { resized = true; }))
          .exclusiveJoin(self.told->addBranch().then([&over]() { over = true; }))
          .wait(self.loop.waitScope());
      if (over) return 0;
      if (resized) {
        el_resize(el);
        continue;
      }
      auto key = self.keyboard.take();
      if (key == nullptr) return 0;
      char byte = KJ_ASSERT_NONNULL(key);
      size_t size = mbrtowc(into, &byte, 1, &state);
      if (size == 0 || size == 1) return 1;
      if (size == size_t(-1)) state = {};
    }
  }

  static unsigned char onEnd(EditLine* el, int) {
    auto line = el_line(el);
    if (line->lastchar == line->buffer) return CC_EOF;
    if (line->cursor == line->lastchar) return CC_REFRESH_BEEP;
    el_cursor(el, 1);
    el_deletestr(el, 1);
    return CC_REFRESH;
  }

  static unsigned char onInterrupt(EditLine* el, int) {
    of(el).givenUp = true;
    fputs("^C\n", stdout);
    return CC_NEWLINE;
  }
};

LineEditor::LineEditor(xrl::Loop& loop, Keyboard& keyboard, Complete complete, Show show)
    : editing(kj::heap<Editing>(loop, keyboard, kj::mv(complete), kj::mv(show))) {}

LineEditor::~LineEditor() noexcept(false) {}

kj::Maybe<kj::String> LineEditor::read(kj::StringPtr prompt, kj::ForkedPromise<void>& told) {
  editing->told = &told;
  // Only the last line of a prompt is the editor's: it is what has to be drawn again.
  auto begin = prompt.findLast('\n').map([](size_t at) { return at + 1; }).orDefault(0);
  fwrite(prompt.begin(), 1, begin, stdout);
  fflush(stdout);
  editing->prompt = kj::str(prompt.slice(begin));
  editing->givenUp = false;
  el_resize(editing->el);
  int count = 0;
  auto text = el_gets(editing->el, &count);
  if (editing->givenUp) return kj::String();
  if (text == nullptr || count <= 0) return nullptr;
  if (text[count - 1] == '\n') --count;
  auto line = kj::heapString(text, count);
  bool blank = true;
  for (char c : line) blank = blank && c == ' ';
  if (!blank) editing->remember(line);
  return kj::mv(line);
}

}  // namespace xylem::cli
