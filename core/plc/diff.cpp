// What changes between two states, in words for a person who is asked to agree and may be afraid.
#include "core/base/text.h"
#include "core/plc/merge.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace atb::plc {
namespace {

using Type = Change::Type;
using Texts = std::vector<std::string>;

std::string shown(std::string_view text) { return printable(text, 300); }

Type type_of(const std::string* before, const std::string* after) {
  if (before == nullptr) return Type::added;
  if (after == nullptr) return Type::removed;
  return *before == *after ? Type::kept : Type::changed;
}

// One sentence for each type; {0} is the text before, {1} the one after, {2} the name of the thing.
struct Sentences {
  std::string_view added, removed, changed, kept;
};

class Differ {
 public:
  Differ(const State& before, const State& after) : before_(before), after_(after) {}

  std::vector<Change> run() {
    rotation_keys();
    signing_key();
    host();
    handle();
    names();
    services();
    methods();
    return std::move(changes_);
  }

 private:
  void add(std::string what, const std::string* before, const std::string* after, const Sentences& sentences,
           std::string_view name = {}) {
    if (before == nullptr && after == nullptr) return;
    const Type type = type_of(before, after);
    const std::string_view sentence = type == Type::added     ? sentences.added
                                      : type == Type::removed ? sentences.removed
                                      : type == Type::changed ? sentences.changed
                                                              : sentences.kept;
    Change change{
        type, std::move(what), before != nullptr ? *before : "", after != nullptr ? *after : "", {}};
    change.words =
        fmt::format(fmt::runtime(sentence), shown(change.before), shown(change.after), shown(name));
    changes_.push_back(std::move(change));
  }

  static Texts unique(const Texts& texts) {
    Texts result;
    std::set<std::string_view> seen;
    for (const std::string& text : texts) {
      if (seen.insert(text).second) result.push_back(text);
    }
    return result;
  }

  static std::string rank_words(std::size_t rank, std::size_t count) {
    if (count == 1) return "the only rank";
    if (rank == 0) return fmt::format("rank 1 of {}, the highest", count);
    return fmt::format("rank {} of {}", rank + 1, count);
  }

  static std::string power_words(std::size_t rank, std::size_t count) {
    std::string words = "Whoever holds it can change this identity";
    if (rank + 1 < count) words += ", and can undo for 72 hours what a key of lower rank did";
    if (rank > 0) words += "; a key of higher rank can undo that for 72 hours";
    return words + ".";
  }

  void rotation_keys() {
    const Texts before = unique(before_.rotation_keys);
    const Texts after = unique(after_.rotation_keys);
    for (std::size_t i = 0; i < after.size(); ++i) {
      const auto old = std::ranges::find(before, after[i]);
      const std::string now = rank_words(i, after.size());
      if (old == before.end()) {
        changes_.push_back({Type::added, "rotation key", "", after[i],
                            fmt::format("A key that may change this identity is added, at {}: {}. {}", now,
                                        shown(after[i]), power_words(i, after.size()))});
        continue;
      }
      const auto was = static_cast<std::size_t>(old - before.begin());
      const std::string words =
          was == i
              ? fmt::format("A key that may change this identity stays, at {}: {}.", now, shown(after[i]))
              : fmt::format("A key that may change this identity stays, now at {} (it was {}): {}. {}", now,
                            rank_words(was, before.size()), shown(after[i]), power_words(i, after.size()));
      changes_.push_back({was == i ? Type::kept : Type::changed, "rotation key", after[i], after[i], words});
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (std::ranges::find(after, before[i]) != after.end()) continue;
      std::string words = fmt::format("A key that could change this identity loses that right ({}): {}.",
                                      rank_words(i, before.size()), shown(before[i]));
      if (i + 1 < before.size()) {
        words +=
            " For 72 hours its holder can still undo this very change, if a key of lower rank than it had "
            "signs it.";
      }
      changes_.push_back({Type::removed, "rotation key", before[i], "", words});
    }
    if (after.empty() && !before.empty())
      changes_.back().words += " No key is left: nobody can ever change this identity again.";
  }

  void signing_key() {
    add("signing key", before_.verification_method("atproto"), after_.verification_method("atproto"),
        {"The account's posts and other data are signed with {1} from now on; no key was named for that "
         "before.",
         "No key signs the account's posts and other data any more (it was {0}): the network will not accept "
         "new ones.",
         "The account's posts and other data are signed with another key from now on: {1} instead of {0}.",
         "The key that signs the account's posts and other data stays: {1}."});
  }

  void host() {
    const Service* before = before_.service("atproto_pds");
    const Service* after = after_.service("atproto_pds");
    add("host", before != nullptr ? &before->endpoint : nullptr,
        after != nullptr ? &after->endpoint : nullptr,
        {"The account lives at {1} from now on; no host was named before.",
         "The account has no host any more (it was {0}): nobody will find its data.",
         "The account lives at {1} from now on, and no longer at {0}.", "The account stays at {1}."});
    if (before != nullptr && after != nullptr && before->type != after->type) {
      add("type of the host", &before->type, &after->type,
          {"", "", "The kind of the host changes from \"{0}\" to \"{1}\".", ""});
    }
  }

  void handle() {
    const std::string before = before_.handle();
    const std::string after = after_.handle();
    add("handle", before.empty() ? nullptr : &before, after.empty() ? nullptr : &after,
        {"The account gets the handle {1}.", "The account loses its handle {0} and has none.",
         "The handle changes from {0} to {1}.", "The handle stays {1}."});
  }

  static Texts other_names(const State& state) {
    Texts names = unique(state.also_known_as);
    const auto handle =
        std::ranges::find_if(names, [](const std::string& name) { return name.starts_with("at://"); });
    if (handle != names.end()) names.erase(handle);
    return names;
  }

  void names() {
    const Texts before = other_names(before_);
    const Texts after = other_names(after_);
    const Sentences sentences{"The account gets the further name {1}.",
                              "The account loses the further name {0}.", "", "The further name {1} stays."};
    for (const std::string& name : after) {
      const bool old = std::ranges::find(before, name) != before.end();
      add("name", old ? &name : nullptr, &name, sentences);
    }
    for (const std::string& name : before) {
      if (std::ranges::find(after, name) == after.end()) add("name", &name, nullptr, sentences);
    }
  }

  static std::string text_of(const Service& service) { return service.endpoint + " (" + service.type + ")"; }

  void service(const std::string& id, const Service* before, const Service* after) {
    const std::string old_text = before != nullptr ? text_of(*before) : "";
    const std::string new_text = after != nullptr ? text_of(*after) : "";
    add("service " + id, before != nullptr ? &old_text : nullptr, after != nullptr ? &new_text : nullptr,
        {"The service \"{2}\" is added: {1}.", "The service \"{2}\" is removed: {0}.",
         "The service \"{2}\" changes from {0} to {1}.", "The service \"{2}\" stays: {1}."},
        id);
  }

  void services() {
    for (const auto& [id, entry] : after_.services) {
      if (id != "atproto_pds") service(id, before_.service(id), &entry);
    }
    for (const auto& [id, entry] : before_.services) {
      if (id != "atproto_pds" && after_.service(id) == nullptr) service(id, &entry, nullptr);
    }
  }

  void method(const std::string& id, const std::string* before, const std::string* after) {
    add("key " + id, before, after,
        {"The key \"{2}\" is added, for uses other than posts: {1}.",
         "The key \"{2}\", for uses other than posts, is removed: {0}.",
         "The key \"{2}\", for uses other than posts, changes from {0} to {1}.",
         "The key \"{2}\", for uses other than posts, stays: {1}."},
        id);
  }

  void methods() {
    for (const auto& [id, key] : after_.verification_methods) {
      if (id != "atproto") method(id, before_.verification_method(id), &key);
    }
    for (const auto& [id, key] : before_.verification_methods) {
      if (id != "atproto" && after_.verification_method(id) == nullptr) method(id, &key, nullptr);
    }
  }

  const State& before_;
  const State& after_;
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> diff(const State& before, const State& after) { return Differ(before, after).run(); }

}  // namespace atb::plc
