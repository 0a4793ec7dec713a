// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert');
const { ConfigResourceTypes } = require('kafkajs');

const { connect } = require('./common.js');

const WAIT_MS = 60_000;

async function admin(address, topic) {
    const client = connect(address).admin();
    await client.connect();
    const retention = { name: 'retention.ms', value: '3600000' };
    const wanted = { topic, numPartitions: 3, replicationFactor: 1, configEntries: [retention] };
    assert(await client.createTopics({ topics: [wanted] }));

    const { topics } = await client.fetchTopicMetadata({ topics: [topic] });
    assert.strictEqual(topics[0].partitions.length, 3);
    const { TOPIC } = ConfigResourceTypes;
    const resource = { type: TOPIC, name: topic, configNames: [retention.name] };
    const { resources } = await client.describeConfigs({ resources: [resource] });
    assert.strictEqual(resources[0].configEntries[0].configValue, retention.value);

    await client.deleteTopics({ topics: [topic] });
    const deadline = Date.now() + WAIT_MS;
    while ((await client.listTopics()).includes(topic)) {
        assert(Date.now() < deadline, 'it is still there');
    }
    await client.disconnect();
}

module.exports = { admin };
