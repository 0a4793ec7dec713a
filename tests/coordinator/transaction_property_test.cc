// SPDX-License-Identifier: Apache-2.0
// Random histories of several transactional ids: after each event each transaction is all or
// nothing, an identity has one owner, and the records make the same state again.
#include <random>

#include "base/log.h"
#include "tests/coordinator/seeds.h"
#include "tests/coordinator/transaction_fixture.h"

namespace milena::testing {
namespace {

using enum TransactionStatus;
using std::chrono::milliseconds;

constexpr unsigned kHistories = 2000;
constexpr int kEvents = 60;
constexpr int kIds = 3;
constexpr int kIncarnations = 2;  // of each id, that don't know of each other

/// A producer as it sees itself.
struct Client {
    std::string id;
    std::optional<ProducerIdentity> identity;
    /// What it was told of its open transaction's partitions.
    NamedPartitions added;
    int16_t version = 2;
};

class History : public TransactionTest {
  protected:
    explicit History(int16_t version = 2) : TransactionTest(version) {
        set_log_level(LogLevel::kOff);
        for (int id = 0; id < kIds; ++id)
            for (int incarnation = 0; incarnation < kIncarnations; ++incarnation) {
                clients_.push_back({"t" + std::to_string(id), {}, {}, version});
                if (version == 2 && incarnation == 1) clients_.back().version = 0;  // an old client
            }
    }
    ~History() override { set_log_level(LogLevel::kInfo); }

    void TestBody() override {}

  public:
    void play(uint64_t seed) {
        random_.seed(seed);
        for (int event = 0; event < kEvents && !HasFailure(); ++event) {
            step();
            check();
        }
        settle();
    }

  private:
    int draw(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

    void step() {
        Client& client = clients_[static_cast<size_t>(draw(static_cast<int>(clients_.size())))];
        switch (draw(10)) {
            case 0:
                return start(client, false);
            case 1:
                return start(client, true);
            case 2:
            case 3:
            case 4:
                return write(client);
            case 5:
                return finish(client, draw(3) > 0);
            case 6:
            case 7:
                return mark(draw(4) == 0);
            case 8:
                return shard_->advance(milliseconds(draw(20'000)));
            default:
                host_.markers.clear();
                return shard_->restart();
        }
    }

    void start(Client& client, bool names_itself) {
        const auto former = names_itself ? client.identity : std::nullopt;
        const auto identity = init(former, 1 + draw(30'000), client.id);
        if (!identity) return;
        if (former && *former == *identity) ADD_FAILURE() << "an epoch was given again";
        EXPECT_FALSE(owner_of(*identity, client)) << "two incarnations have one epoch";
        client.identity = *identity;
        client.added.clear();
    }
    bool owner_of(const ProducerIdentity& identity, const Client& except) const {
        return std::ranges::any_of(clients_, [&](const Client& other) {
            return &other != &except && other.identity == identity;
        });
    }

    void write(Client& client) {
        if (!client.identity) return;
        NamedPartitions partitions{{std::string(1, static_cast<char>('a' + draw(2))), {draw(3)}}};
        if (!add(*client.identity, partitions, client.version, client.id)) return;
        for (const auto& [topic, indexes] : partitions)
            client.added[topic].merge(std::set(indexes));
        EXPECT_TRUE(contains(state(client.id).partitions, client.added));
    }

    void finish(Client& client, bool committed) {
        if (!client.identity) return;
        const ProducerIdentity ended = *client.identity;
        const bool was_ongoing = state(client.id).status == kOngoing;
        const auto next = end(ended, committed, client.version, client.id);
        if (!next) {
            // What can't be committed was not, and never will be.
            return;
        }
        if (was_ongoing) {
            EXPECT_EQ(state(client.id).status, committed ? kPrepareCommit : kPrepareAbort);
            EXPECT_TRUE(contains(state(client.id).partitions, client.added));
        }
        if (client.version == 2) client.identity = *next;
        client.added.clear();
    }

    /// The oldest markers are written, or only some of them are.
    void mark(bool only_some) {
        if (host_.markers.empty()) return;
        MarkerTask task = host_.markers.front();
        host_.markers.pop_front();
        MarkerOutcome outcome;
        if (only_some) outcome.remaining = task.partitions;
        const auto* before = machine().find(task.transactional_id);
        const bool is_current =
            before && before->is_ending() && before->producer == task.marker.producer;
        if (is_current) {
            EXPECT_EQ(before->status == kPrepareCommit, task.marker.committed)
                << "partitions are told different ends";
        }
        const bool is_whole = outcome.remaining.empty();
        run(machine().on_markers_written(task.transactional_id, task.marker.producer,
                                         std::move(outcome)));
        if (!is_current || !is_whole) return;
        EXPECT_EQ(state(task.transactional_id).status,
                  task.marker.committed ? kCompleteCommit : kCompleteAbort);
    }

    void check() {
        expect_replica_equals();
        for (const auto& [id, now] : machine().transactions()) {
            if (const auto before = last_.find(id); before != last_.end())
                check_transition(id, before->second, now);
            const bool is_open = now.status == kOngoing || now.is_ending();
            EXPECT_TRUE(is_open || now.partitions.empty()) << id;
        }
        last_ = machine().transactions();
    }
    static void check_transition(const std::string& id, const Transaction& before,
                                 const Transaction& now) {
        EXPECT_TRUE(!before.is_ending() || !now.is_ending() || before == now)
            << id << " was decided";
        const bool is_same = before.producer.id == now.producer.id;
        EXPECT_TRUE(is_same ? before.producer.epoch <= now.producer.epoch
                            : now.producer.epoch == ProducerEpoch(0))
            << id;
    }

    /// Whatever happened: once all markers are written, nothing stays open for ever.
    void settle() {
        for (int round = 0; round < 100 && !HasFailure(); ++round) {
            while (!host_.markers.empty()) mark(false);
            shard_->advance(milliseconds(10'000));
        }
        for (const auto& [id, transaction] : machine().transactions()) {
            EXPECT_FALSE(transaction.is_ending()) << id;
            EXPECT_NE(transaction.status, kOngoing) << id;
        }
    }

    std::mt19937_64 random_;
    std::deque<Client> clients_;
    std::map<std::string, Transaction> last_;
};

class OldHistory : public History {
  public:
    OldHistory() : History(0) {}
};
class NewHistory : public History {
  public:
    NewHistory() : History(2) {}
};

template <class Kind>
void play_all() {
    for_each_seed(kHistories, [](unsigned seed) { Kind().play(seed); });
}

TEST(TransactionHistories, KeepTheirPromises) { play_all<NewHistory>(); }
TEST(TransactionHistories, OfOldClustersKeepTheirPromises) { play_all<OldHistory>(); }

}  // namespace
}  // namespace milena::testing
