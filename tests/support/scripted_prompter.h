// A person who answers from a list, and remembers the questions.
#pragma once

#include "core/account/secret_input.h"

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace atb::test {

class ScriptedPrompter final : public account::Prompter {
 public:
  // Answers in the order of the questions; "yes" and "no" for confirm(). Without an answer left, asking
  // fails.
  explicit ScriptedPrompter(std::deque<std::string> answers = {}, bool can_ask = true)
      : answers_(std::move(answers)), can_ask_(can_ask) {}

  bool can_ask() const override { return can_ask_; }
  Result<Secret> secret(const std::string& question) override {
    return Secret(TRY(next("secret: " + question)));
  }
  Result<std::string> line(const std::string& question) override { return next("line: " + question); }
  Result<bool> confirm(const std::string& question) override {
    return TRY(next("confirm: " + question)) == "yes";
  }
  void show(const std::string& text) override { shown_ += text + "\n"; }

  // "secret: …", "line: …", "confirm: …".
  const std::vector<std::string>& questions() const { return questions_; }
  const std::string& shown() const { return shown_; }
  std::size_t answers_left() const { return answers_.size(); }
  void add(std::string answer) { answers_.push_back(std::move(answer)); }

 private:
  Result<std::string> next(std::string question) {
    questions_.push_back(question);
    if (answers_.empty())
      return fail(ErrorKind::internal, "test.no_answer", "no answer left for " + question);
    std::string answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

  std::deque<std::string> answers_;
  bool can_ask_;
  std::vector<std::string> questions_;
  std::string shown_;
};

}  // namespace atb::test
