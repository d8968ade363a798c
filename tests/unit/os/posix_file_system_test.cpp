#include "tests/unit/os/file_system_fixture.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

using namespace atb::test;
using atb::as_text;
using atb::Bytes;
using atb::ErrorKind;

TEST_CASE("posix: modes hold under a umask that takes everything away", "[os]") {
  Posix with;
  const mode_t before = ::umask(0777);
  const bool made = with.fs.make_folders(join(with.root, "p/q")).has_value();
  const bool created = with.fs.create(join(with.root, "p/q/f")).has_value();
  ::umask(before);
  REQUIRE(made);
  REQUIRE(created);
  CHECK(with.fs.stat(join(with.root, "p/q"))->mode == 0700);
  CHECK(with.fs.stat(join(with.root, "p/q/f"))->mode == 0600);
}

TEST_CASE("posix: a symbolic link is read through, never written through", "[os]") {
  Posix with;
  make(with.fs, join(with.root, "target"), "content");
  REQUIRE(::symlink(join(with.root, "target").c_str(), join(with.root, "link").c_str()) == 0);
  REQUIRE(::symlink(join(with.root, "nothing").c_str(), join(with.root, "dangling").c_str()) == 0);
  CHECK(content_of(with.fs, join(with.root, "link")) == "content");
  CHECK(id_of(with.fs.create(join(with.root, "link"))) == "file.exists");
  CHECK(id_of(with.fs.create(join(with.root, "dangling"))) == "file.exists");
  CHECK_FALSE(atb::os::exists(with.fs, join(with.root, "nothing")));
}

TEST_CASE("posix: a named pipe is refused and not waited for", "[os]") {
  Posix with;
  REQUIRE(::mkfifo(join(with.root, "pipe").c_str(), 0600) == 0);
  CHECK(id_of(with.fs.open(join(with.root, "pipe"))) == "file.open");
}

TEST_CASE("posix: after a failed write a file takes nothing any more, not even a sync", "[os]") {
  Posix with;
  const auto path = join(with.root, "a");
  const pid_t child = ::fork();
  if (child == 0) {
    // In a child: the limit stays for the life of the process. Beyond it writes fail with EFBIG.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &small);
    auto file = with.fs.create(path);
    const auto status = (*file)->write(Bytes(2000, 1));
    const bool right = !status && status.error().id == "file.write" && status.error().kind == ErrorKind::io &&
                       !(*file)->sync();
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("posix: a lock is free when the process that held it dies, and names it while it lives", "[os]") {
  Posix with;
  const auto path = join(with.root, "lock");
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = with.fs.lock(path);
    static_cast<void>(!::write(ready[1], lock ? "y" : "n", 1));
    ::pause();
    ::_exit(0);
  }
  char said = 0;
  REQUIRE(::read(ready[0], &said, 1) == 1);
  CHECK(said == 'y');
  const auto held = with.fs.lock(path);
  CHECK(id_of(held) == "file.locked");
  CHECK(held.error().message.find("process " + std::to_string(child)) != std::string::npos);
  ::kill(child, SIGKILL);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(with.fs.lock(path));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("posix: one file is read by many threads at once", "[os]") {
  Posix with;
  std::string content(100'000, ' ');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i % 23);
  make(with.fs, join(with.root, "a"), content);
  const auto file = with.fs.open(join(with.root, "a"));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::size_t start = 0; start < 4; ++start) {
    threads.emplace_back([&, start] {
      Bytes buffer(1000);
      for (std::size_t at = start * 1000; at + 1000 <= content.size(); at += 4000) {
        if ((*file)->read_at(at, buffer).value() != 1000 || as_text(buffer) != content.substr(at, 1000))
          ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("posix: a lock whose holder removes its file is still held by one at a time", "[os]") {
  Posix with;
  const auto path = join(with.root, "lock");
  std::atomic<int> holders{0};
  std::atomic<int> crowded{0};
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        const auto lock = with.fs.lock(path);
        if (!lock) continue;
        if (++holders > 1) ++crowded;
        ++taken;
        std::this_thread::yield();
        --holders;
        static_cast<void>(with.fs.remove(path));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(taken > 0);
  CHECK(crowded == 0);
}
