// SPDX-License-Identifier: Apache-2.0
'use strict';

const { Consumer, Producer, Admin, stringDeserializers, stringSerializers } =
    require('@platformatic/kafka');

const { printLines } = require('../node-words/words.js');

const WAIT_MS = 60_000;

// Retries for a minute or more, so that the broker may be started again.
function options(address) {
    return { clientId: 'test', bootstrapBrokers: [address], retries: 600, retryDelay: 100 };
}

function producerOf(address, more = {}) {
    const acks = -1; // all
    return new Producer({ ...options(address), serializers: stringSerializers, acks, ...more });
}

function consumerOf(address, groupId, more = {}) {
    const deserializers = stringDeserializers;
    return new Consumer({ ...options(address), groupId, deserializers, autocommit: false, ...more });
}

function adminOf(address) {
    return new Admin({ ...options(address), retries: 3 });
}

// Calls show for the first count records of the topic's partition 0, and prints what it tells.
async function readTopic(address, topic, count, show, isolationLevel = 0) {
    const consumer = consumerOf(address, `${topic}-readers`, { isolationLevel, maxWaitTime: 500 });
    const offsets = [{ topic, partition: 0, offset: 0n }];
    const stream = await consumer.consume({ topics: [topic], mode: 'manual', offsets });
    const lines = [];
    const timer = setTimeout(() => {
        console.error(`${lines.length} records in time`);
        process.exit(1);
    }, WAIT_MS);
    for await (const message of stream) {
        lines.push(show(message));
        if (lines.length === Number(count)) {
            break;
        }
    }
    clearTimeout(timer);
    await printLines(lines);
}

module.exports = { WAIT_MS, adminOf, consumerOf, producerOf, readTopic };
