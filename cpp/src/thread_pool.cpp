#include "racer/thread_pool.hpp"

namespace racer {

ThreadPool::ThreadPool(int threads) {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
}

ThreadPool::~ThreadPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    start_.notify_all();
    for (auto& worker : workers_) worker.join();
}

void ThreadPool::run(void (*task)(void*, int), void* argument) noexcept {
    if (!workers_.empty()) {
        {
            const std::lock_guard lock(mutex_);
            task_ = task;
            argument_ = argument;
            pending_ = static_cast<int>(workers_.size());
            ++generation_;
        }
        start_.notify_all();
    }
    task(argument, 0);
    if (!workers_.empty()) {
        std::unique_lock lock(mutex_);
        done_.wait(lock, [this] { return pending_ == 0; });
    }
}

void ThreadPool::work(int index) {
    std::uint64_t seen = 0;
    for (;;) {
        void (*task)(void*, int) = nullptr;
        void* argument = nullptr;
        {
            std::unique_lock lock(mutex_);
            start_.wait(lock, [&] { return stopping_ || generation_ != seen; });
            if (stopping_) return;
            seen = generation_;
            task = task_;
            argument = argument_;
        }
        task(argument, index);
        {
            const std::lock_guard lock(mutex_);
            --pending_;
        }
        done_.notify_one();
    }
}

}  // namespace racer
