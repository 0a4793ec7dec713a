// SPDX-License-Identifier: Apache-2.0
'use strict';

const { consumerOf } = require('./common.js');

// groups/groups_test.py tells what a member says. kafkajs has one strategy: roundrobin.
async function member(address, topic, group, strategy, sessionMs) {
    const consumer = await consumerOf(address, group, topic, Number(sessionMs));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        const partitions = payload.memberAssignment[topic] || [];
        console.log(['assigned', ...partitions].join(' '));
    });
    const eachBatch = async ({ batch, isRunning, isStale }) => {
        if (!isRunning() || isStale()) {
            return;
        }
        for (const { offset } of batch.messages) {
            console.log(`record ${batch.partition} ${offset}`);
        }
        const next = String(BigInt(batch.lastOffset()) + 1n);
        await consumer.commitOffsets([{ topic, partition: batch.partition, offset: next }]);
    };
    await consumer.run({ autoCommit: false, eachBatch });
    await new Promise((resolve) => process.stdin.on('end', resolve).resume());
    await consumer.disconnect();
    console.log('closed');
}

module.exports = { member };
