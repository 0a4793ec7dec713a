# SPDX-License-Identifier: Apache-2.0
"""Every answer in which Milena differs from Apache Kafka 4.4.0, and why that is right.

Each entry: (scenario, question, field path, reason). A question is printed as "Fetch v12 its label".
All but the reason are patterns as in a shell, with [ ] taken literally. An entry that no longer
matches anything fails the run.
"""

_NOT_SERVED_YET = [
    17, 36, 38, 39, 40, 41, 48, 49, 50, 51, 64, 76, 77, 78, 79, 80, 81, 83, 84, 85, 86, 87, 88, 89,
    90, 91, 92, 93, 94,
]  # fmt: skip
_SERVED_FROM_OLDER_VERSIONS = [2, 8, 9, 19, 20, 23, 32, 34, 35]

_AT_ONCE = "Kafka answers 'unknown' while it creates the topic; Milena answers when it is there"
_CLEARER = "Kafka's code throws and answers UNKNOWN_SERVER_ERROR; Milena names what is wrong"
_NO_ANSWER = "Kafka's code throws and never answers; Milena says what is wrong"
_TWICE = "Kafka silently drops all but the last of what is asked twice; Milena does and answers each"
_CONTROLLER = "Milena's only node is its own controller and has no listener for it"
_NO_TIME = "Kafka finds a time limit of 0 or less over before it looks at the request; Milena answers it"
_OLD_VERSION = "the version before Kafka's oldest is served, for clients from 0.11 to 2.0"
_NEGATIVE_SIZE = "Kafka's code throws at a negative size; Milena takes it for the smallest"

ACCEPTED = [
    # What is served
    *(("*", "ApiVersions *", f"ApiKeys[{key}]", "not served yet") for key in _NOT_SERVED_YET),
    *(
        ("*", "ApiVersions *", f"ApiKeys[{key}].MinVersion", "also serves clients from 0.11 to 2.0")
        for key in _SERVED_FROM_OLDER_VERSIONS
    ),
    ("broken_frames", "bytes v0 client id -2", "frame bytes", "ApiVersions, with other rows"),
    # The cluster
    ("metadata_creates_topics", "Metadata * first", "*", _AT_ONCE),
    ("find_coordinator", "FindCoordinator v6 2 'g:*:0'", "Coordinators*", _AT_ONCE),
    ("describe_topic_partitions", "DescribeTopicPartitions v0 ''", "Topics[0].*", _CLEARER),
    ("describe_quorum", "DescribeQuorum v2", "Nodes[1].Listeners[CONTROLLER]", _CONTROLLER),
    (
        "update_features_refused", "UpdateFeatures v? *", "Results[*].ErrorMessage",
        "Kafka says NONE where there is no error; Milena says nothing",
    ),
    (
        "elect_leaders", "ElectLeaders v2 type 5", "ErrorCode",
        "Kafka looks at the type only with a partition to elect for; Milena always",
    ),
    # Produce
    ("produce_to_several", "Produce v9 a partition twice", "Responses*", _TWICE),
    ("produce_to_several", "Fetch v12 content", "Responses[produce-to-several-b].Partitions[0].*", _TWICE),
    (
        "produce_to_several", "Produce v9 no partition", "Responses[produce-to-several-b]",
        "Kafka leaves out a topic without partitions; Milena answers for each topic asked for",
    ),
    ("produce_malformed_batches", "Produce * null", "*", _NO_ANSWER),
    ("produce_malformed_batches", "Produce * length 2^31-1", "Responses*.ErrorCode", _CLEARER),
    ("produce_malformed_batches", "Produce * codec ?", "Responses*.ErrorCode", _CLEARER),
    ("produce_compressed", "Produce v9 * broken", "Responses*.ErrorCode", _CLEARER),
    # Transactions
    ("transaction_add_partitions", "AddPartitionsToTxn v? none", "*", _NO_ANSWER),
    ("transaction_write_markers", "WriteTxnMarkers v2 epoch -1", "Markers*.ErrorCode", _CLEARER),
    # Fetch, DeleteRecords
    ("fetch_limits", "Fetch v12 *bytes -1", "Responses*", _NEGATIVE_SIZE),
    ("fetch_limits", "Fetch v12 other order -1", "Responses*", _NEGATIVE_SIZE),
    ("fetch_duplicates", "Fetch * a ?* twice", "Responses*", _TWICE),
    (
        "delete_records", "ListOffsets v9 emptied, at -3", "Topics*",
        "Kafka names the latest of the deleted records, which nobody can read; Milena none",
    ),
    # Configurations
    ("describe_broker_configs", "*", "*[controller.listener.names].*", _CONTROLLER),
    ("describe_broker_configs", "*", "*[controller.quorum.voters].*", _CONTROLLER),
    ("describe_broker_configs", "*", "*[listener.security.protocol.map].*", _CONTROLLER),
    ("incremental_alter_topic", "IncrementalAlterConfigs * operation *", "Responses*.ErrorCode", _CLEARER),
    (
        "incremental_alter_broker", "* num.io.threads 0 100*", "*",
        "Kafka grows a pool at most twofold at a time; Milena has no such pool to protect",
    ),
    ("alter_configs", "AlterConfigs v2 twice", "*", _NO_ANSWER),
    # Coordinators
    ("offsets_of_a_consumer_group", "OffsetFetch v9 None 3", "Groups[*].ErrorCode", _CLEARER),
    (
        "assignment_too_large", "JoinGroup v9 a again", "GenerationId",
        "Kafka begins a generation when an assignment could not be written; in Milena the old one is still to be synced",
    ),
    # Nonsense
    ("garbage_bodies", "AddPartitionsToTxn v? empty", "*", _NO_ANSWER),
    *(
        ("garbage_bodies", f"ElectLeaders v? {label}", "ErrorCode", _NO_TIME)
        for label in ("all ones", "huge *", "zeros")
    ),
    *(
        ("versions_out_of_range", f"bytes v0 {api}Request ?", field, _OLD_VERSION)
        for api in (
            "ListOffsets", "OffsetCommit", "OffsetFetch", "CreateTopics", "DeleteTopics", "OffsetForLeaderEpoch",
            "DescribeConfigs", "AlterReplicaLogDirs", "DescribeLogDirs",
        )
        for field in ("connection", "frame bytes")
    ),
]  # fmt: skip
