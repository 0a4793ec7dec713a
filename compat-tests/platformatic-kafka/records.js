// SPDX-License-Identifier: Apache-2.0
'use strict';

const { line, recordNumber } = require('../node-words/words.js');
const { producerOf, readTopic } = require('./common.js');

const BATCH_RECORDS = 500;

// What is null is left out.
function messageNumber(topic, i) {
    const { timestamp, key, value, headers } = recordNumber(i);
    const message = { topic, partition: 0, timestamp: BigInt(timestamp), headers };
    return { ...message, key: key ?? undefined, value: value ?? undefined };
}

async function produce(address, topic, compression, count) {
    const producer = producerOf(address, { compression });
    for (let first = 0; first < Number(count); first += BATCH_RECORDS) {
        const size = Math.min(BATCH_RECORDS, Number(count) - first);
        const messages = Array.from({ length: size }, (_, i) => messageNumber(topic, first + i));
        await producer.send({ messages });
    }
    await producer.close();
}

async function large(address, topic, size) {
    const producer = producerOf(address);
    for (const value of ['first', 'x'.repeat(Number(size)), 'last']) {
        await producer.send({ messages: [{ topic, partition: 0, value }] });
    }
    await producer.close();
}

async function consume(address, topic, count) {
    await readTopic(address, topic, count, (message) => line(message, message.headers));
}

module.exports = { consume, large, produce };
