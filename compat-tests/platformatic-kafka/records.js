// SPDX-License-Identifier: Apache-2.0
'use strict';

const { producerOf, readTopic } = require('./common.js');

const FIRST_TIMESTAMP = 1_700_000_000_000;
const BATCH_RECORDS = 500;

function recordNumber(topic, i) {
    const record = { topic, partition: 0, timestamp: BigInt(FIRST_TIMESTAMP + i) };
    if (i % 5 !== 0) {
        record.key = `key-${i % 1000}`;
    }
    if (i % 11 !== 0 || i % 5 === 0) {
        record.value = `value-${i}-${'x'.repeat(i % 50)}`;
    }
    if (i % 3 === 0) {
        record.headers = { number: String(i), empty: '' };
    }
    return record;
}

async function produce(address, topic, compression, count) {
    const producer = producerOf(address, { compression });
    for (let first = 0; first < Number(count); first += BATCH_RECORDS) {
        const size = Math.min(BATCH_RECORDS, Number(count) - first);
        const messages = Array.from({ length: size }, (_, i) => recordNumber(topic, first + i));
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

function text(value) {
    return value ?? '~';
}

async function consume(address, topic, count) {
    await readTopic(address, topic, count, ({ offset, timestamp, key, value, headers }) => {
        const pairs = [...headers].map(([name, content]) => `${name}=${content}`);
        return [offset, timestamp, text(key), text(value), pairs.join(',')].join('|');
    });
}

module.exports = { consume, large, produce };
