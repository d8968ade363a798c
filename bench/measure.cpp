// Runs a program and writes what it cost, as JSON: bench_measure FILE PROGRAM [ARGUMENTS...]
//
//   wall_s      by the clock
//   cpu_s       user and system time, of all its threads
//   peak_bytes  the most resident memory (ru_maxrss of wait4)
//
// A small program does this because Linux counts in the memory of a process what it was forked from: with a
// Python in between, nothing could be seen to take less than Python does. Ends with the program's exit code.
#include <fmt/core.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "bench_measure FILE PROGRAM [ARGUMENTS...]\n");
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    execvp(argv[2], argv + 2);
    std::perror(argv[2]);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child) {
    std::perror("bench_measure");
    return 127;
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;

  std::FILE* file = std::fopen(argv[1], "we");
  if (file == nullptr) {
    std::perror(argv[1]);
    return 127;
  }
  fmt::print(file, "{{\"wall_s\": {:.6f}, \"cpu_s\": {:.6f}, \"peak_bytes\": {}}}\n", wall.count(),
             seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss * 1024);
  if (std::fclose(file) != 0) return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
