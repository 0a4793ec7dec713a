// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert');

const { WAIT_MS, adminOf, consumerOf, producerOf } = require('./common.js');

const TOPIC = 2; // a kind of resource

async function admin(address, topic) {
    const client = adminOf(address);
    const retention = { name: 'retention.ms', value: '3600000' };
    await client.createTopics({ topics: [topic], partitions: 3, replicas: 1, configs: [retention] });
    const { topics } = await client.metadata({ topics: [topic], forceUpdate: true });
    assert.strictEqual(topics.get(topic).partitionsCount, 3);
    const resource = { resourceType: TOPIC, resourceName: topic, configurationKeys: [retention.name] };
    const [described] = await client.describeConfigs({ resources: [resource] });
    assert.strictEqual(described.configs[0].value, retention.value);

    await client.deleteTopics({ topics: [topic] });
    const deadline = Date.now() + WAIT_MS;
    while ((await client.listTopics()).includes(topic)) {
        assert(Date.now() < deadline, 'it is still there');
    }
    await client.close();
}

async function times(address, topic, ...asked) {
    const consumer = consumerOf(address, 'unused');
    for (const time of asked) {
        const offsets = await consumer.listOffsets({ topics: [topic], timestamp: BigInt(time) });
        console.log(String(offsets.get(topic)[0]));
    }
    await consumer.close();
}

// The number is in the error, or in one of those that it holds.
function codeOf(error) {
    const parts = [...(error?.errors ?? []), error?.cause].filter(Boolean);
    return error?.apiCode ?? parts.map(codeOf).find((code) => code !== undefined);
}

async function tell(what, call) {
    const code = await call.then(() => undefined, codeOf);
    assert.notStrictEqual(code, undefined, what);
    console.log(`${what} ${code}`);
}

async function errors(address, topic) {
    const client = adminOf(address);
    const create = (name, replicas = 1, configs = []) =>
        client.createTopics({ topics: [name], partitions: 1, replicas, configs });
    await tell('exists', create(topic));
    await tell('replicas', create(`${topic}-replicas`, 3));
    await tell('config', create(`${topic}-config`, 1, [{ name: 'retention.ms', value: 'never' }]));
    await tell('name', create('a b'));
    await tell('unknown', client.deleteTopics({ topics: [`${topic}-unknown`] }));
    const producer = producerOf(address, { retries: 3 });
    const messages = [{ topic, partition: 0, value: 'x'.repeat(2000) }];
    await tell('large', producer.send({ messages }));
}

module.exports = { admin, errors, times };
