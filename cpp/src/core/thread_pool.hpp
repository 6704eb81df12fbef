// Worker threads for fixed chunks of work, which wait awake for a moment before they sleep. Which
// thread runs a chunk never matters: chunks share nothing.
#pragma once

#include <memory>

namespace racer {

class ThreadPool {
  public:
    // `threads` counts the calling thread: 1 starts no worker. Throws std::runtime_error if the
    // system has no more threads to give.
    explicit ThreadPool(int threads);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    [[nodiscard]] int threads() const noexcept { return threads_; }

    // Calls task(argument, i) once for each thread index i and returns when all are done. In a
    // process forked from the one that made the pool, which has no workers, one after the other.
    void run(void (*task)(void* argument, int index), void* argument) noexcept;

  private:
    struct Workers;
    [[nodiscard]] bool is_forked() const noexcept;

    int threads_ = 1;
    int process_ = 0;                   // that started the workers
    std::unique_ptr<Workers> workers_;  // none for one thread
};

}  // namespace racer
