// Worker threads for fixed chunks of work, which wait awake for a moment before they sleep. Which
// thread runs a chunk never matters: chunks share nothing.
#pragma once

#include <atomic>
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

    // Plain members are written before generation_ is raised and read after that was seen.
    void (*task_)(void*, int) = nullptr;
    void* argument_ = nullptr;
    bool stopping_ = false;
    std::atomic<std::uint64_t> generation_ = 0;  // raised for each call of run(), under the mutex
    std::atomic<int> pending_ = 0;               // workers that have not yet finished it
    int sleeping_ = 0;                           // workers in start_.wait(), under the mutex
    std::mutex mutex_;
    std::condition_variable start_;
    std::condition_variable done_;
    std::vector<std::thread> workers_;  // last: they use the members above
};

}  // namespace racer
