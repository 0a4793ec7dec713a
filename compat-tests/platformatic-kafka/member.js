// SPDX-License-Identifier: Apache-2.0
'use strict';

const { consumerOf } = require('./common.js');

// A group of the classic protocol has the client's own assignor, which deals in turn.
function groupOptions(strategy, session, instance) {
    const options = instance === '-' ? {} : { groupInstanceId: instance };
    if (strategy === 'consumer') {
        return { ...options, groupProtocol: 'consumer' };
    }
    const sessionTimeout = Number(session);
    return { ...options, sessionTimeout, heartbeatInterval: 300, rebalanceTimeout: sessionTimeout };
}

// There is no event that tells them in both protocols.
function tellAssignments(consumer) {
    let told = '';
    setInterval(() => {
        const partitions = (consumer.assignments ?? []).flatMap((one) => one.partitions);
        const line = ['assigned', ...partitions.sort((a, b) => a - b)].join(' ');
        if (line !== told) {
            told = line;
            console.log(line);
        }
    }, 20);
}

async function member(address, topic, group, strategy, session, instance = '-') {
    const options = { ...groupOptions(strategy, session, instance), maxWaitTime: 100 };
    const consumer = consumerOf(address, group, options);
    tellAssignments(consumer);
    const stream = await consumer.consume({
        topics: [topic],
        mode: 'committed',
        fallbackMode: 'earliest',
    });
    let stopped = false;
    process.stdin.on('data', async () => {
        stopped = true;
        await consumer.close(true);
        console.log('closed');
        process.exit(0);
    });
    stream.on('error', (error) => console.error(error));
    for await (const message of stream) {
        console.log(`record ${message.partition} ${message.offset}`);
        // A commit that fails is none: whoever owns the partition now reads this record again.
        await message.commit().catch((error) => console.error(error));
    }
    if (!stopped) {
        throw new Error('the stream is over');
    }
    await new Promise(() => {}); // until it is closed
}

module.exports = { member };
