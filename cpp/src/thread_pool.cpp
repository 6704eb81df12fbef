#include "racer/thread_pool.hpp"

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

ThreadPool::ThreadPool(int threads) {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
}

ThreadPool::~ThreadPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        generation_.fetch_add(1, std::memory_order_release);
    }
    start_.notify_all();
    for (auto& worker : workers_) worker.join();
}

void ThreadPool::run(void (*task)(void*, int), void* argument) noexcept {
    if (workers_.empty()) {
        task(argument, 0);
        return;
    }
    task_ = task;
    argument_ = argument;
    pending_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
    bool asleep = false;
    {
        const std::lock_guard lock(mutex_);
        generation_.fetch_add(1, std::memory_order_release);
        asleep = sleeping_ > 0;
    }
    if (asleep) start_.notify_all();
    task(argument, 0);
    const auto done = [this] { return pending_.load(std::memory_order_acquire) == 0; };
    if (comes_soon(done)) return;
    std::unique_lock lock(mutex_);
    done_.wait(lock, done);
}

void ThreadPool::work(int index) {
    std::uint64_t seen = 0;
    for (;;) {
        const auto called = [&] { return generation_.load(std::memory_order_acquire) != seen; };
        if (!comes_soon(called)) {
            std::unique_lock lock(mutex_);
            ++sleeping_;
            start_.wait(lock, called);
            --sleeping_;
        }
        if (stopping_) return;
        ++seen;
        task_(argument_, index);
        if (pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            const std::lock_guard lock(mutex_);  // not between a look and the sleep after it
            done_.notify_one();
        }
    }
}

}  // namespace racer
