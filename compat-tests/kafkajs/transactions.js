// SPDX-License-Identifier: Apache-2.0
'use strict';

const { consumerOf, producerOf } = require('./common.js');

const RECORDS_MAX = 20; // of a transaction that transfers

async function idempotent(address, topic, count) {
    const producer = await producerOf(address, { idempotent: true, maxInFlightRequests: 1 });
    for (let i = 0; i < Number(count); i += 1) {
        await producer.send({ topic, messages: [{ partition: 0, value: String(i) }] });
        console.log(`acknowledged ${i}`);
    }
    await producer.disconnect();
}

function transactionalProducer(address, transactionalId) {
    const options = { idempotent: true, maxInFlightRequests: 1, transactionTimeout: 10_000 };
    return producerOf(address, { transactionalId, ...options });
}

async function transact(address, topic, transactionalId) {
    const producer = await transactionalProducer(address, transactionalId);
    for (const [number, end] of ['commit', 'abort', 'commit'].entries()) {
        const transaction = await producer.transaction();
        for (let i = 0; i < 10; i += 1) {
            const value = `${number}-${i}`;
            await transaction.send({ topic, messages: [{ partition: 0, value }] });
        }
        await transaction[end]();
    }
    await producer.disconnect();
}

// Ends the transaction as told; the offsets are those behind the messages.
async function move(producer, group, target, batch, messages, end) {
    const transaction = await producer.transaction();
    const { topic, partition } = batch;
    const copies = messages.map(({ value }) => ({ partition, value }));
    await transaction.send({ topic: target, messages: copies });
    const offset = String(BigInt(messages[messages.length - 1].offset) + 1n);
    const topics = [{ topic, partitions: [{ partition, offset }] }];
    await transaction.sendOffsets({ consumerGroupId: group, topics });
    await transaction[end]();
}

async function transfer(address, id, source, target) {
    const producer = await transactionalProducer(address, id);
    const consumer = await consumerOf(address, id, source);
    let number = 0;
    const eachBatch = async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
        for (let first = 0; first < batch.messages.length; first += RECORDS_MAX) {
            if (!isRunning() || isStale()) {
                return;
            }
            const messages = batch.messages.slice(first, first + RECORDS_MAX);
            if (number % 5 === 4) {
                await move(producer, id, target, batch, messages, 'abort');
            }
            await move(producer, id, target, batch, messages, 'commit');
            number += 1;
            console.log(`committed ${messages.length}`);
            resolveOffset(messages[messages.length - 1].offset);
            await heartbeat();
        }
    };
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
    await new Promise(() => {}); // until it is killed
}

module.exports = { idempotent, transact, transfer };
