// SPDX-License-Identifier: Apache-2.0
'use strict';

const { consumerOf, producerOf, readTopic } = require('./common.js');

const READ_COMMITTED = 1;
const RECORDS_MAX = 20; // of a transaction that transfers

async function idempotent(address, topic, count) {
    const producer = producerOf(address, { idempotent: true });
    for (let i = 0; i < Number(count); i += 1) {
        await producer.send({ messages: [{ topic, partition: 0, value: String(i) }] });
        console.log(`acknowledged ${i}`);
    }
    await producer.close();
}

// By itself the library says that it is producer 0 already, and who is another one is refused.
function transactionalProducer(address, transactionalId) {
    const nobody = { producerId: -1n, producerEpoch: -1 };
    return producerOf(address, { idempotent: true, transactionalId, ...nobody });
}

async function transact(address, topic, transactionalId) {
    const producer = transactionalProducer(address, transactionalId);
    for (const [number, end] of ['commit', 'abort', 'commit'].entries()) {
        const transaction = await producer.beginTransaction();
        for (let i = 0; i < 10; i += 1) {
            const value = `${number}-${i}`;
            await transaction.send({ messages: [{ topic, partition: 0, value }] });
        }
        await transaction[end]();
    }
    await producer.close();
}

async function readCommitted(address, topic, count) {
    await readTopic(address, topic, count, ({ value }) => value, READ_COMMITTED);
}

// Ends the transaction as told; the offsets are those behind the messages.
async function move(producer, consumer, target, messages, end) {
    const transaction = await producer.beginTransaction();
    const copies = messages.map(({ partition, value }) => ({ topic: target, partition, value }));
    await transaction.send({ messages: copies });
    await transaction.addConsumer(consumer);
    const last = new Map(messages.map((message) => [message.partition, message]));
    for (const message of last.values()) {
        await transaction.addOffset(message);
    }
    await transaction[end]();
}

async function transfer(address, id, source, target) {
    const producer = transactionalProducer(address, id);
    const bounds = { sessionTimeout: 6000, rebalanceTimeout: 6000, heartbeatInterval: 300 };
    const reading = { isolationLevel: READ_COMMITTED, maxWaitTime: 100 };
    const consumer = consumerOf(address, id, { ...bounds, ...reading });
    const start = { mode: 'committed', fallbackMode: 'earliest' };
    const stream = await consumer.consume({ topics: [source], ...start });
    const read = [];
    stream.on('data', (message) => read.push(message));
    for (let number = 0; ; number += 1) {
        while (read.length === 0) {
            await new Promise((resolve) => stream.once('data', resolve));
        }
        const messages = read.splice(0, RECORDS_MAX);
        if (number % 5 === 4) {
            await move(producer, consumer, target, messages, 'abort');
        }
        await move(producer, consumer, target, messages, 'commit');
        console.log(`committed ${messages.length}`);
    }
}

module.exports = { idempotent, readCommitted, transact, transfer };
