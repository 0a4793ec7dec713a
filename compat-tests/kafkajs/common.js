// SPDX-License-Identifier: Apache-2.0
'use strict';

const { Kafka, Partitioners, logLevel } = require('kafkajs');

// Retries for a minute or more, so that the broker may be started again.
const retry = { initialRetryTime: 100, maxRetryTime: 1000, retries: 100 };

function connect(address) {
    return new Kafka({ brokers: [address], logLevel: logLevel.ERROR, retry });
}

async function producerOf(address, options = {}) {
    const producer = connect(address).producer({
        createPartitioner: Partitioners.DefaultPartitioner,
        retry,
        ...options,
    });
    await producer.connect();
    return producer;
}

async function consumerOf(address, groupId, topic, sessionTimeout = 6000) {
    const consumer = connect(address).consumer({
        groupId,
        sessionTimeout,
        heartbeatInterval: 300,
        maxWaitTimeInMs: 100,
        retry,
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    return consumer;
}

module.exports = { connect, consumerOf, producerOf };
