// SPDX-License-Identifier: Apache-2.0
// A light load generator: prebuilt frames over raw sockets, so that the broker is what is measured.
// Prints one line: what was done per second, latencies, the broker's CPU time and its own.
//
//   load HOST PORT PID produce|fetch SECONDS CONNECTIONS IN_FLIGHT BYTES PARTITIONS
//        [RATE [COUNT [THREADS]]]
//
// The topic "load" must exist. BYTES are those of a record batch (produce) or partition_max_bytes
// (fetch). RATE (requests a second over all connections), unless 0, makes it an open loop: latency
// counts from when a request was due. After COUNT requests it ends, however few seconds it took.
// The connections are shared out among THREADS.
//
// The first answer is decoded and checked before the clock runs; of the others only the sizes are
// looked at, which no error has in common with a success.
//
// What COUNT requests will write is touched before, and given back to the kernel step by step as
// they are sent, so that the page cache grows into memory that was used: on a virtual machine the
// first touch of a page costs up to ten times the write.
#include <sys/prctl.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <thread>

#include "load_frames.h"
#include "load_worker.h"

namespace milena::load {
namespace {

/// Seconds of CPU that a process has used; 0 is this one.
double cpu_seconds(int pid) {
    clockid_t clock;
    timespec used{};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        die("read the CPU time of the broker");
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

/// Asks once and checks the answer, which must then be what all are like. Returns its size.
size_t probe(const Plan& plan, const std::vector<Bytes>& frames) {
    if (plan.produces) {
        const Bytes answer = ask_once(plan, frames.front());
        check_produced(answer);
        return answer.size();
    }
    for (const Bytes& frame : frames) check_fetched(ask_once(plan, frame));
    return 0;
}

/// What `count` is for the part of the work that thread `index` has.
template <class Count>
Count share(Count count, int threads, int index) {
    auto all = static_cast<Count>(threads);
    return count / all + (static_cast<Count>(index) < count % all ? 1 : 0);
}

class Load {
  public:
    explicit Load(const Plan& plan)
        : plan_(plan),
          frames_(plan.produces ? produce_frames(plan.partitions, plan.bytes)
                                : fetch_frames(plan.partitions, plan.bytes)) {
        size_t answer_bytes = probe(plan, frames_);
        int first = 0;
        for (int i = 0; i < plan.threads; ++i) {
            Plan part = plan;
            part.connections = share(plan.connections, plan.threads, i);
            part.rate = plan.rate / plan.threads;
            if (plan.requests_max < std::numeric_limits<size_t>::max())
                part.requests_max = share(plan.requests_max, plan.threads, i);
            workers_.push_back(
                std::make_unique<Worker>(part, frames_, first, plan.connections, answer_bytes));
            first += part.connections;
        }
    }

    void run() {
        double broker_before = cpu_seconds(plan_.broker_pid);
        double own_before = cpu_seconds(0);
        auto start = Clock::now();
        auto end = start + std::chrono::duration_cast<Clock::duration>(
                               std::chrono::duration<double>(plan_.seconds));
        std::vector<std::thread> threads;
        for (auto& worker : workers_)
            threads.emplace_back([&, this] {
                prctl(PR_SET_TIMERSLACK, 1);  // requests are due to the microsecond
                if (plan_.rate > 0)
                    worker->run_at_rate(start, end);
                else
                    worker->run_closed(end);
            });
        for (auto& thread : threads) thread.join();
        double took = std::chrono::duration<double>(Clock::now() - start).count();
        double broker = cpu_seconds(plan_.broker_pid) - broker_before;
        report(took, broker, cpu_seconds(0) - own_before);
    }

  private:
    void report(double seconds, double broker_cpu, double own_cpu) {
        Latencies latencies;
        size_t received = 0;
        for (auto& worker : workers_) {
            latencies.add_all(worker->latencies());
            received += worker->bytes_received();
        }
        auto count = static_cast<double>(latencies.total());
        double bytes = plan_.produces ? count * plan_.bytes : static_cast<double>(received);
        std::printf(
            "%.0f requests/s %.1f MB/s p50 %zu p99 %zu p99.9 %zu us cpu %.2f us/request "
            "%.3f s/GB, of the load %.2f us/request\n",
            count / seconds, bytes / seconds / 1e6, latencies.at(0.5), latencies.at(0.99),
            latencies.at(0.999), broker_cpu / count * 1e6, broker_cpu / (bytes / 1e9),
            own_cpu / count * 1e6);
    }

    const Plan plan_;
    const std::vector<Bytes> frames_;
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace
}  // namespace milena::load

int main(int argc, char** argv) {
    using namespace milena::load;
    if (argc < 10) {
        std::fprintf(stderr, "see the head of load.cc\n");
        return 2;
    }
    Plan plan;
    plan.host = argv[1];
    plan.port = argv[2];
    plan.broker_pid = std::atoi(argv[3]);
    plan.produces = std::string(argv[4]) == "produce";
    plan.seconds = std::atof(argv[5]);
    plan.connections = std::atoi(argv[6]);
    plan.in_flight = std::atoi(argv[7]);
    plan.bytes = std::atoi(argv[8]);
    plan.partitions = std::atoi(argv[9]);
    if (argc > 10) plan.rate = std::atof(argv[10]);
    if (argc > 11) plan.requests_max = std::strtoull(argv[11], nullptr, 10);
    if (argc > 12) plan.threads = std::atoi(argv[12]);
    Load(plan).run();
}
