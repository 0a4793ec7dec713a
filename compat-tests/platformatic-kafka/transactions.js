// SPDX-License-Identifier: Apache-2.0
'use strict';

const { producerOf, readTopic } = require('./common.js');

const READ_COMMITTED = 1;

async function idempotent(address, topic, count) {
    const producer = producerOf(address, { idempotent: true });
    for (let i = 0; i < Number(count); i += 1) {
        await producer.send({ messages: [{ topic, partition: 0, value: String(i) }] });
        console.log(`acknowledged ${i}`);
    }
    await producer.close();
}

async function transact(address, topic, transactionalId) {
    const producer = producerOf(address, { idempotent: true, transactionalId });
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

module.exports = { idempotent, readCommitted, transact };
