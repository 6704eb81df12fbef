#include "core/thread_pool.hpp"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace racer {
namespace {

// Looks for a while before sleeping: a thread that sleeps takes longer to wake than a step of a
// thousand worlds lasts. The patience is about a fifth of a millisecond, so that an idle pool costs
// nothing.
constexpr int kPatience = 4000;

void pause() noexcept {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#endif
}

template <class Condition>
bool comes_soon(Condition condition) noexcept {
    for (int i = 0; i < kPatience; ++i) {
        if (condition()) return true;
        pause();
    }
    return false;
}

}  // namespace

struct ThreadPool::Workers {
    // Plain members are written before generation is raised and read after that was seen.
    void (*task)(void*, int) = nullptr;
    void* argument = nullptr;
    bool stopping = false;
    std::atomic<std::uint64_t> generation = 0;  // raised for each call of run(), under the mutex
    std::atomic<int> pending = 0;               // workers that have not yet finished it
    int sleeping = 0;                           // workers in start.wait(), under the mutex
    std::mutex mutex;
    std::condition_variable start;
    std::condition_variable done;
    std::vector<std::thread> threads;  // last: they use the members above

    ~Workers() {
        stopping = true;
        call();
        for (auto& thread : threads) thread.join();
    }

    // Wakes all workers for what the plain members say.
    void call() noexcept {
        bool asleep = false;
        {
            const std::lock_guard lock(mutex);
            generation.fetch_add(1, std::memory_order_release);
            asleep = sleeping > 0;
        }
        if (asleep) start.notify_all();
    }

    void work(int index) noexcept {
        std::uint64_t seen = 0;
        for (;;) {
            const auto called = [&] { return generation.load(std::memory_order_acquire) != seen; };
            if (!comes_soon(called)) {
                std::unique_lock lock(mutex);
                ++sleeping;
                start.wait(lock, called);
                --sleeping;
            }
            if (stopping) return;
            ++seen;
            task(argument, index);
            if (pending.fetch_sub(1, std::memory_order_acq_rel) == 1) {
                const std::lock_guard lock(mutex);  // not between a look and the sleep after it
                done.notify_one();
            }
        }
    }
};

ThreadPool::ThreadPool(int threads) : threads_(threads), process_(getpid()) {
    if (threads == 1) return;
    workers_ = std::make_unique<Workers>();
    Workers& workers = *workers_;
    try {
        for (int i = 1; i < threads; ++i) {
            workers.threads.emplace_back([&workers, i] { workers.work(i); });
        }
    } catch (const std::system_error&) {
        throw std::runtime_error("the system gave " + std::to_string(workers.threads.size() + 1) +
                                 " of " + std::to_string(threads) + " threads; ask for fewer");
    }
}

ThreadPool::~ThreadPool() {
    // Threads that a fork left behind can be neither stopped nor waited for.
    if (is_forked()) (void)workers_.release();  // NOLINT(bugprone-unused-return-value): on purpose
}

bool ThreadPool::is_forked() const noexcept { return workers_ && getpid() != process_; }

void ThreadPool::run(void (*task)(void*, int), void* argument) noexcept {
    if (!workers_ || is_forked()) {
        for (int i = 0; i < threads_; ++i) task(argument, i);
        return;
    }
    Workers& workers = *workers_;
    workers.task = task;
    workers.argument = argument;
    workers.pending.store(threads_ - 1, std::memory_order_relaxed);
    workers.call();
    task(argument, 0);
    const auto done = [&] { return workers.pending.load(std::memory_order_acquire) == 0; };
    if (comes_soon(done)) return;
    std::unique_lock lock(workers.mutex);
    workers.done.wait(lock, done);
}

}  // namespace racer
