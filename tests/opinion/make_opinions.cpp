// Writes repositories, sound and changed, with what our own verification says of each, for tests/opinion to
// hold it against other programs: make_opinions COUNT [SEED] [CHANGE]. The same numbers give the same bytes.
//
// To standard output, for each repository: length (4 bytes, big-endian) JSON, length CAR. The JSON:
//   n, change      "" when it is sound, otherwise what was done to it
//   expect         clean, told, fails, any
//   did, key       whose it is by its log, and the key that the log names now
//   log            the log, as it would lie beside the file
//   code           exit code of `atbackup verify`
//   findings       [[id, severity], …], each pair once
//   data           the root of its tree, when the commit could be read
//   records        [[key, cid, deviation or ""], …] when the code is 0
#include "cli/render/verdict.h"
#include "core/backup/folder.h"
#include "core/base/text.h"
#include "core/data/json.h"
#include "core/verify/verify.h"
#include "tests/opinion/changes.h"
#include "tests/support/hostile/maker.h"
#include "tests/support/mem_fs.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <set>
#include <span>
#include <stdexcept>

namespace {

using namespace atb;
using data::Array;
using data::Object;

constexpr std::int64_t kNowUs = 1'780'000'000'000'000;  // in May 2026

class Listing final : public verify::Taker {
 public:
  Status record(std::string_view key, const ipld::Cid& cid, ByteView, std::string_view deviation) override {
    all.push_back(Array{std::string(key), cid.str(), std::string(deviation)});
    return {};
  }
  Array all;
};

class Silence final : public Progress {
 public:
  void report(const ProgressEvent&) override {}
};

// [[id, severity], …] of what was found, each pair once.
Array findings_of(const verify::Verdict& verdict) {
  std::set<std::pair<std::string, std::string>> findings;
  for (const Finding& finding : verdict.report.findings())
    findings.emplace(finding.id, std::string(name_of(finding.severity)));
  Array pairs;
  for (const auto& [id, severity] : findings) pairs.push_back(Array{id, severity});
  return pairs;
}

// What `atbackup verify F.car --did DID` says.
void judge(const Bytes& file, const std::string& did, const std::string& log, Object& told) {
  test::MemFs fs;
  fs.put("/F.car", as_text(file));
  fs.put("/F.car.plc-log.json", log);
  const auto source = backup::open_backup(fs, "/F.car").value();
  verify::Options options;
  options.expected_did = syntax::Did::parse(did).value();
  options.now_us = kNowUs;
  Listing listing;
  Silence progress;
  const auto verdict = verify::verify_backup(*source, options, progress, {}, &listing);
  if (!verdict) {
    told.set("code", static_cast<std::int64_t>(cli::exit_code_of(verdict.error())));
    told.set("findings", Array{Array{verdict.error().id, "error"}});
    return;
  }
  const auto code = cli::exit_code_of(*verdict);
  // Without someone who wants the records it may go another, shorter way.
  const auto again = verify::verify_backup(*source, options, progress, {}).value();
  if (cli::exit_code_of(again) != code || findings_of(again) != findings_of(*verdict))
    throw std::runtime_error("verify says another thing when nobody wants the records: " +
                             data::to_json(told));
  told.set("code", static_cast<std::int64_t>(code)).set("findings", findings_of(*verdict));
  if (verdict->proof.commit) told.set("data", verdict->proof.commit->data.str());
  if (code == cli::ExitCode::done) told.set("records", std::move(listing.all));
}

void write(std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  for (const unsigned shift : {24U, 16U, 8U, 0U}) std::putchar(static_cast<int>(size >> shift & 0xffU));
  if (bytes.empty()) return;
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size())
    throw std::runtime_error("cannot write");
}

struct Told {
  std::size_t number;
  std::string change;
  test::Expect expect;
  std::string did;
  std::string key;
  std::string log;
};

void tell(const Told& told, const Bytes& file) {
  Object line;
  line.set("n", static_cast<std::int64_t>(told.number))
      .set("change", told.change)
      .set("expect", std::string(name_of(told.expect)))
      .set("did", told.did)
      .set("key", told.key)
      .set("log", told.log);
  judge(file, told.did, told.log, line);
  write(data::to_json(line));
  write(as_text(file));
}

void tell(std::size_t number, const std::string& change, test::Expect expect, const test::Subject& subject,
          const Bytes& file) {
  tell({number, change, expect, subject.did, subject.log.state().verification_methods.begin()->second,
        subject.log.audit_json()},
       file);
}

std::vector<test::Change> all_changes(const std::string& wanted) {
  std::vector<test::Change> all;
  for (const auto& part : {test::changes_of_files(), test::changes_of_commits(), test::changes_of_trees(),
                           test::changes_of_records()}) {
    for (const test::Change& change : part) {
      if (change.name.starts_with(wanted)) all.insert(all.end(), change.times, change);
    }
  }
  return all;
}

// Those that verify is tested with. Who signed when, by the log, is no question to other programs: they have
// none.
void tell_hostile(std::size_t number) {
  const std::string key = test::hostile_key().public_key().did_key();
  for (const test::HostileRepo& hostile : test::hostile_repos()) {
    // A chain of 3000 levels keeps one of them busy for five seconds; changes_of_trees.cpp has shorter ones.
    if (hostile.log || hostile.name == "tree_bomb_of_depth") continue;
    tell({number++, "hostile: " + hostile.name, test::Expect::any,
          hostile.expected.value_or(test::hostile_did()), key, test::hostile_log()},
         hostile.bad_car(test::BlockOrder::depth_first));
  }
}

// One in eight is sound. The changes come round about, so that each is made about as often.
void run(std::size_t count, std::size_t seed, const std::string& wanted) {
  const auto changes = all_changes(wanted);
  if (changes.empty()) throw std::runtime_error("there is no change named so");
  std::size_t next = 0;
  for (std::size_t number = 0; number < count; ++number) {
    test::Dice dice(seed * 1'000'000 + number);
    if (number % 8 == 0) {
      const test::Base base = test::make_base(dice);
      const test::Subject subject(base);
      tell(number, "", test::Expect::clean, subject, file_of(subject.draft.seal(), dice));
      continue;
    }
    const test::Change& change = changes[next++ % changes.size()];
    // Until there is a repository that can be changed so.
    for (int tries = 0;; ++tries) {
      if (tries == 10'000) throw std::runtime_error("no repository is fit for: " + change.name);
      const test::Base base = test::make_base(dice);
      test::Subject subject(base);
      const auto file = change.make(subject, dice);
      if (!file) continue;
      tell(number, change.name, change.expect, subject, *file);
      break;
    }
  }
  if (wanted.empty()) tell_hostile(count);
  if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write");
}

std::size_t number_of(std::string_view text) {
  const auto number = parse_decimal(text);
  if (!number) throw std::runtime_error(fmt::format("\"{}\" is no number", text));
  return *number;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::span<char*> words(argv, static_cast<std::size_t>(argc));
    if (words.size() < 2 || words.size() > 4) throw std::runtime_error("make_opinions COUNT [SEED] [CHANGE]");
    run(number_of(words[1]), words.size() > 2 ? number_of(words[2]) : 1, words.size() > 3 ? words[3] : "");
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_opinions: %s\n", error.what());
    return 1;
  }
}
