// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert');

const { connect, producerOf } = require('./common.js');

async function times(address, topic, ...asked) {
    const client = connect(address).admin();
    await client.connect();
    for (const time of asked) {
        const offsets = await client.fetchTopicOffsetsByTimestamp(topic, Number(time));
        console.log(offsets.find(({ partition }) => partition === 0).offset);
    }
    await client.disconnect();
}

async function large(address, topic, size) {
    const producer = await producerOf(address);
    for (const value of ['first', 'x'.repeat(Number(size)), 'last']) {
        await producer.send({ topic, messages: [{ partition: 0, value }] });
    }
    await producer.disconnect();
}

// The number is in the error, in its cause, or in the first of its parts.
function codeOf(error) {
    return error.code ?? codeOf(error.cause ?? error.errors[0]);
}

async function tell(what, call) {
    const code = await call.then(() => undefined, codeOf);
    assert.notStrictEqual(code, undefined, what);
    console.log(`${what} ${code}`);
}

async function errors(address, topic) {
    const client = connect(address).admin();
    await client.connect();
    const create = (name, replicationFactor, configEntries = []) =>
        client.createTopics({
            topics: [{ topic: name, numPartitions: 1, replicationFactor, configEntries }],
        });
    assert.strictEqual(await create(topic, 1), false); // it exists, which is no error here
    await tell('replicas', create(`${topic}-replicas`, 3));
    const never = { name: 'retention.ms', value: 'never' };
    await tell('config', create(`${topic}-config`, 1, [never]));
    await tell('name', create('a b', 1));
    await client.disconnect();

    const producer = await producerOf(address);
    const messages = [{ partition: 0, value: 'x'.repeat(2000) }];
    await tell('large', producer.send({ topic, messages }));
    await producer.disconnect();
}

module.exports = { errors, large, times };
