// SPDX-License-Identifier: Apache-2.0
// Loads of the coordinators: groups and transactions. scripts/bench-coordinators runs it.
//
//   coordinator_load HOST PORT PID CASE PREFIX COUNT [SECONDS]
//
// The topics "load" (64 partitions) and "wide" (as many as a group has members) must exist. Names
// of groups and transactional ids begin with PREFIX, so that each round has its own. Prints one
// line: requests, seconds, seconds of the broker's CPU.
//
//   groups                COUNT classic groups of one member: joined, synced, committed to
//   list                  COUNT times ListGroups
//   heartbeats, commits   for SECONDS, in COUNT classic groups of one member
//   consumer-heartbeats   for SECONDS, in COUNT consumer groups of one member
//   join-classic          one group of COUNT members, until all have their assignment; its first
//                         member has been there before
//   join-consumer         the same with the consumer protocol
//   open                  COUNT transactional ids, each with an open transaction
//   transactions          for SECONDS, of COUNT producers: one batch and a commit
#include <algorithm>
#include <memory>

#include "protocol/messages/list_groups_request.h"
#include "protocol/messages/list_groups_response.h"
#include "tests/bench/members.h"
#include "tests/bench/producers.h"

namespace milena::bench {
namespace {

constexpr size_t kConnections = 8;
constexpr int kInFlight = 4;
constexpr int32_t kPartitions = 64;
constexpr std::chrono::milliseconds kHeartbeatInterval{250};
constexpr const char* kTopic = "load";
constexpr const char* kWideTopic = "wide";

struct Plan {
    std::string host, port;
    int broker_pid = 0;
    std::string name, prefix;
    size_t count = 0;
    double seconds = 2;
};

/// From its making to its report.
class Meter {
  public:
    explicit Meter(int pid)
        : pid_(pid), began_(std::chrono::steady_clock::now()), cpu_before_(cpu_seconds(pid)) {}
    double elapsed() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    }
    void report(size_t requests) const {
        std::printf("%zu requests %.6f s cpu %.6f s\n", requests, elapsed(),
                    cpu_seconds(pid_) - cpu_before_);
    }

  private:
    const int pid_;
    const SteadyTime began_;
    const double cpu_before_;
};

std::string name_of(const Plan& plan, size_t index) {
    return plan.prefix + "-" + std::to_string(index);
}

/// Does `one(index, connection, done)` for all indexes, one at a time on each connection.
using Each = std::function<void(size_t index, size_t connection, std::function<void()> done)>;
void for_each(Connections& connections, size_t count, const Each& one) {
    size_t begun = 0;
    size_t finished = 0;
    std::function<void(size_t)> next = [&](size_t connection) {
        if (begun == count) return;
        one(begun++, connection, [&, connection] {
            ++finished;
            next(connection);
        });
    };
    for (size_t i = 0; i < connections.size(); ++i) next(i);
    connections.run_until([&] { return finished == count; });
}

/// Frames in turn, kInFlight on each connection, until the time is over.
void flood(const Plan& plan, Connections& connections, const std::vector<Bytes>& frames) {
    const Meter meter(plan.broker_pid);
    size_t sent = 0;
    size_t answered = 0;
    std::function<void(size_t)> next = [&](size_t connection) {
        connections.send(connection, frames[sent++ % frames.size()], [&, connection](BytesView) {
            ++answered;
            if (meter.elapsed() < plan.seconds) next(connection);
        });
    };
    for (size_t i = 0; i < connections.size(); ++i)
        for (int j = 0; j < kInFlight; ++j) next(i);
    connections.run_until([&] { return answered == sent; });
    meter.report(answered);
}

using ClassicMembers = std::vector<std::unique_ptr<ClassicMember>>;

ClassicMembers make_groups(const Plan& plan, Connections& connections) {
    ClassicMembers members(plan.count);
    for_each(connections, plan.count, [&](size_t index, size_t connection, auto done) {
        members[index] = std::make_unique<ClassicMember>(
            MemberPlan{connections, connection, name_of(plan, index), kTopic, {}});
        members[index]->start(done);
    });
    return members;
}

void run_groups(const Plan& plan) {
    Connections connections(plan.host, plan.port, kConnections);
    const Meter meter(plan.broker_pid);
    const auto members = make_groups(plan, connections);
    for_each(connections, plan.count, [&](size_t index, size_t connection, auto done) {
        connections.send(connection, members[index]->commit_frame(1),
                         [done](BytesView) { done(); });
    });
    meter.report(plan.count);
}

void run_list(const Plan& plan) {
    Connections connections(plan.host, plan.port, 1);
    const Meter meter(plan.broker_pid);
    for_each(connections, plan.count, [&](size_t, size_t connection, auto done) {
        connections.ask<protocol::ListGroupsResponse>(
            connection, protocol::ListGroupsRequest(), 5,
            [done](const protocol::ListGroupsResponse& listed) {
                check("ListGroups", listed.error_code);
                done();
            });
    });
    meter.report(plan.count);
}

void run_flood(const Plan& plan) {
    Connections connections(plan.host, plan.port, kConnections);
    std::vector<Bytes> frames;
    for (const auto& member : make_groups(plan, connections))
        frames.push_back(plan.name == "commits" ? member->commit_frame(1)
                                                : member->heartbeat_frame());
    flood(plan, connections, frames);
}

using ConsumerMembers = std::vector<std::unique_ptr<ConsumerMember>>;

void run_consumer_flood(const Plan& plan) {
    Connections connections(plan.host, plan.port, kConnections);
    ConsumerMembers members;
    for (size_t i = 0; i < plan.count; ++i) {
        members.push_back(std::make_unique<ConsumerMember>(MemberPlan{
            connections, i % kConnections, name_of(plan, i), kTopic, kHeartbeatInterval}));
        members.back()->start();
    }
    connections.run_until([&] {
        return std::ranges::all_of(members, [](const auto& m) { return m->partitions() > 0; });
    });
    size_t stopped = 0;
    for (const auto& member : members) member->stop([&stopped] { ++stopped; });
    connections.run_until([&] { return stopped == members.size(); });
    std::vector<Bytes> frames;
    for (const auto& member : members) frames.push_back(member->heartbeat_frame());
    flood(plan, connections, frames);
}

MemberPlan member_of_one_group(const Plan& plan, Connections& connections, size_t index) {
    return {connections, index, plan.prefix, kWideTopic, kHeartbeatInterval};
}

/// In one round, however fast the broker is: all have their ids before the first of them joins.
/// Who came too late for a round would wait for the others' next heartbeats.
void run_join_classic(const Plan& plan) {
    Connections connections(plan.host, plan.port, plan.count);
    ClassicMembers members;
    for (size_t i = 0; i < plan.count; ++i)
        members.push_back(
            std::make_unique<ClassicMember>(member_of_one_group(plan, connections, i)));
    size_t known = 1;
    size_t assigned = 0;
    ClassicMember& founder = *members[0];
    founder.start([&assigned] { ++assigned; });
    connections.run_until([&] { return assigned == 1; });
    assigned = 0;
    const Meter meter(plan.broker_pid);
    for (const auto& member : members)
        if (member.get() != &founder) member->introduce([&known] { ++known; });
    connections.run_until([&] { return known == plan.count; });
    for (const auto& member : members) member->start([&assigned] { ++assigned; });
    connections.run_until([&] { return assigned == plan.count; });
    for (const auto& member : members)
        if (member->generation() != founder.generation()) die("the members joined in two rounds");
    meter.report(plan.count);
}

void run_join_consumer(const Plan& plan) {
    Connections connections(plan.host, plan.port, plan.count);
    ConsumerMembers members;
    for (size_t i = 0; i < plan.count; ++i)
        members.push_back(
            std::make_unique<ConsumerMember>(member_of_one_group(plan, connections, i)));
    const Meter meter(plan.broker_pid);
    for (const auto& member : members) member->start();
    connections.run_until([&] {
        return std::ranges::all_of(members, [&](const auto& member) {
            return member->partitions() == 1 && member->epoch() == members[0]->epoch();
        });
    });
    meter.report(plan.count);
}

using Producers = std::vector<std::unique_ptr<TransactionalProducer>>;

Producers make_producers(const Plan& plan, Connections& connections) {
    Producers producers;
    for (size_t i = 0; i < plan.count; ++i)
        producers.push_back(std::make_unique<TransactionalProducer>(
            connections, i % connections.size(), name_of(plan, i), kTopic,
            static_cast<int32_t>(i % kPartitions)));
    return producers;
}

void run_open(const Plan& plan) {
    Connections connections(plan.host, plan.port, kConnections);
    const auto producers = make_producers(plan, connections);
    const Meter meter(plan.broker_pid);
    for_each(connections, plan.count, [&](size_t index, size_t, auto done) {
        producers[index]->start([&producers, index, done] { producers[index]->open(done); });
    });
    meter.report(plan.count);
}

void run_transactions(const Plan& plan) {
    Connections connections(plan.host, plan.port, plan.count);
    const auto producers = make_producers(plan, connections);
    for_each(connections, plan.count,
             [&](size_t index, size_t, auto done) { producers[index]->start(done); });
    const Meter meter(plan.broker_pid);
    size_t committed = 0;
    size_t working = plan.count;
    std::function<void(TransactionalProducer&)> next = [&](TransactionalProducer& producer) {
        producer.commit_one([&] {
            ++committed;
            if (meter.elapsed() < plan.seconds)
                next(producer);
            else
                --working;
        });
    };
    for (const auto& producer : producers) next(*producer);
    connections.run_until([&] { return working == 0; });
    meter.report(committed);
    size_t retries = 0;
    for (const auto& producer : producers) retries += producer->retries();
    std::fprintf(stderr, "%zu requests were sent again\n", retries);
}

struct Case {
    const char* name;
    void (*run)(const Plan&);
};
constexpr Case kCases[] = {
    {"groups", run_groups},
    {"list", run_list},
    {"heartbeats", run_flood},
    {"commits", run_flood},
    {"consumer-heartbeats", run_consumer_flood},
    {"join-classic", run_join_classic},
    {"join-consumer", run_join_consumer},
    {"open", run_open},
    {"transactions", run_transactions},
};

}  // namespace
}  // namespace milena::bench

int main(int argc, char** argv) {
    using namespace milena::bench;
    if (argc < 7) die("see the head of coordinator_load.cc");
    Plan plan{argv[1], argv[2], std::atoi(argv[3]),
              argv[4], argv[5], std::strtoull(argv[6], nullptr, 10)};
    if (argc > 7) plan.seconds = std::atof(argv[7]);
    for (const Case& known : kCases)
        if (plan.name == known.name) {
            known.run(plan);
            return 0;
        }
    die("there is no case " + plan.name);
}
