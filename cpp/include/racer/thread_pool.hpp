// Worker threads for fixed chunks of work. Which thread runs a chunk never matters: chunks share
// nothing.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace racer {

class ThreadPool {
  public:
    // `threads` counts the calling thread: 1 starts no worker.
    explicit ThreadPool(int threads);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    [[nodiscard]] int threads() const noexcept { return static_cast<int>(workers_.size()) + 1; }

    // Calls task(argument, i) once for each thread index i and returns when all are done.
    void run(void (*task)(void* argument, int index), void* argument) noexcept;

  private:
    void work(int index);

    std::vector<std::thread> workers_;
    std::mutex mutex_;
    std::condition_variable start_;
    std::condition_variable done_;
    void (*task_)(void*, int) = nullptr;
    void* argument_ = nullptr;
    std::uint64_t generation_ = 0;
    int pending_ = 0;
    bool stopping_ = false;
};

}  // namespace racer
