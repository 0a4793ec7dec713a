// SPDX-License-Identifier: Apache-2.0
#include "cluster/cluster_node.h"

#include "cluster/directory_control.h"
#include "cluster/registration.h"

namespace milena {
namespace {

std::vector<Uuid> online_directories(const LogManager& logs) {
    std::vector<Uuid> ids;
    for (const DirectoryIdentity& identity : logs.identities())
        ids.push_back(identity.directory_id);
    return ids;
}

ControllerOptions completed(const ClusterNodeOptions& options, const LogManager& logs) {
    ControllerOptions controller = options.controller;
    controller.node_id = options.metadata.node_id;
    controller.log_directories = online_directories(logs);
    return controller;
}

}  // namespace

ClusterNode::ClusterNode(ClusterNodeOptions options, ClusterNodeParts parts,
                         std::unique_ptr<MetadataStore> store)
    : parts_(std::move(parts)),
      options_(completed(options, parts_.logs)),
      store_(std::move(store)),
      registry_(options_.node_id, parts_.logs, parts_.log_config) {
    commits_ = std::make_shared<CommitQueue>(
        *store_, parts_.executor, parts_.pool,
        [this](std::shared_ptr<const ImageState> image, const ImageChanges& changes) {
            // Who hears of a topic finds it here; who loses one hears that it is gone, not that
            // another node has it.
            const bool nothing_new = changes.topics.empty();
            if (nothing_new) publish(image);
            registry_.apply(*image, changes);
            if (!nothing_new) publish(std::move(image));
            tell_directories(changes.topics);
        });
    controller_ = std::make_unique<LocalController>(*store_, commits_, options_, parts_.rules,
                                                    parts_.executor, parts_.clock);
}

Result<std::unique_ptr<ClusterNode>> ClusterNode::open(ClusterNodeOptions options,
                                                       ClusterNodeParts parts) {
    auto store = MetadataStore::open(options.metadata, parts.files, parts.clock);
    if (!store) return store.error();
    std::unique_ptr<ClusterNode> node(
        new ClusterNode(std::move(options), std::move(parts), std::move(*store)));
    if (auto started = node->start(); !started) return started.error();
    return node;
}

Result<void> ClusterNode::start() {
    if (auto known = check_features(store_->state(), options_); !known) return known;
    if (auto loaded = parts_.logs.load(registry_.expected_logs(store_->state())); !loaded)
        return loaded;
    options_.log_directories = online_directories(parts_.logs);  // some may have failed to load
    if (auto leading = become_controller(); !leading) return leading;
    auto image = store_->mutable_state().publish();
    (void)store_->mutable_state().take_changes();
    registry_.apply_all(*image);
    std::set<Uuid> topics;
    image->visit_topics("", [&](const TopicState& topic) {
        topics.insert(topic.id);
        return true;
    });
    publish(std::move(image));
    tell_directories(topics);
    parts_.logs.on_log_moving([this](const TopicPartition& id, const Uuid& directory, auto told) {
        announce_log(id, directory, std::move(told));
    });
    return {};
}

Result<void> ClusterNode::become_controller() {
    if (auto leading = store_->become_leader(); !leading) return leading;
    if (store_->in_transaction())
        if (auto done = store_->append(abort_records()); !done) return done;
    if (store_->state().metadata_version() == 0)
        if (auto done = store_->append(bootstrap_records(options_, store_->bootstrap_values()));
            !done)
            return done;
    if (auto known = check_features(store_->state(), options_); !known) return known;
    if (auto done =
            store_->append(registration_records(store_->state(), options_, store_->end_offset()));
        !done)
        return done;
    broker_epoch_ = store_->state().brokers().at(options_.node_id).epoch;
    if (auto done = store_->append(activation_records(store_->state(), options_, parts_.logs));
        !done)
        return done;
    return store_->sync();
}

/// A broker of one directory is told by the controller which one to take.
void ClusterNode::tell_directories(const std::set<Uuid>& topics) {
    if (options_.log_directories.size() < 2 || topics.empty()) return;
    parts_.executor.post([this, topics] {
        commits_->commit(assignment_records(store_->state(), options_.node_id, topics, parts_.logs),
                         [](Result<void>) {});
    });
}

void ClusterNode::publish(std::shared_ptr<const ImageState> image) {
    const MetadataImagePtr published = std::move(image);
    image_.store(published);
    if (listener_) listener_(published);
}

void ClusterNode::lose_directory(const Uuid& directory) {
    parts_.executor.post([this, directory] {
        const RecordList records =
            lost_directory_records(store_->state(), options_.node_id, directory,
                                   online_directories(parts_.logs), parts_.logs);
        commits_->commit(records, [](Result<void>) {});  // its failure is logged, and ends the node
    });
}

void ClusterNode::set_cordoned(std::vector<Uuid> directories) {
    parts_.executor.post([this, directories = std::move(directories)] {
        commits_->commit(cordon_records(store_->state(), options_.node_id, directories),
                         [](Result<void>) {});
    });
}

void ClusterNode::announce_log(const TopicPartition& id, const Uuid& directory,
                               std::function<void(Result<void>)> told) {
    parts_.executor.post([this, id, directory, told = std::move(told)] {
        commits_->commit(assignment_record(store_->state(), options_.node_id, id, directory), told);
    });
}

void ClusterNode::shut_down(std::function<void()> then) {
    parts_.executor.post([this, then = std::move(then)] {
        commits_->commit(farewell_records(store_->state(), options_), [](Result<void>) {});
        commits_->close(then);
    });
}

}  // namespace milena
