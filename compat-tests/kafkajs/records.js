// SPDX-License-Identifier: Apache-2.0
'use strict';

const { compress, decompress, init } = require('@bokuweb/zstd-wasm');
const { CompressionCodecs, CompressionTypes } = require('kafkajs');
const snappy = require('kafkajs-snappy');
const lz4 = require('lz4-napi');

const { line, printLines, recordNumber } = require('../node-words/words.js');
const { consumerOf, producerOf } = require('./common.js');

const WAIT_MS = 60_000;

// kafkajs itself has gzip alone.
const zstdReady = init();
CompressionCodecs[CompressionTypes.Snappy] = snappy;
CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async (encoder) => lz4.compressFrame(encoder.buffer),
    decompress: async (buffer) => lz4.decompressFrame(buffer),
});
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder) => zstdReady.then(() => Buffer.from(compress(encoder.buffer))),
    decompress: async (buffer) => zstdReady.then(() => Buffer.from(decompress(buffer))),
});

const TYPES = {
    none: CompressionTypes.None,
    gzip: CompressionTypes.GZIP,
    snappy: CompressionTypes.Snappy,
    lz4: CompressionTypes.LZ4,
    zstd: CompressionTypes.ZSTD,
};

function messageNumber(i) {
    const record = recordNumber(i);
    return { ...record, partition: 0, timestamp: String(record.timestamp) };
}

async function produce(address, topic, codec, count) {
    const producer = await producerOf(address);
    const messages = Array.from({ length: Number(count) }, (_, i) => messageNumber(i));
    for (let first = 0; first < messages.length; first += 500) {
        const some = messages.slice(first, first + 500);
        await producer.send({ topic, compression: TYPES[codec], acks: -1, messages: some });
    }
    await producer.disconnect();
}

// Prints what show makes of each of the first count records; kafkajs reads in groups alone, and
// only what is committed.
async function readTopic(address, topic, count, show) {
    const consumer = await consumerOf(address, `${topic}-readers`, topic);
    const lines = [];
    await new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error(`${lines.length} records in time`)), WAIT_MS);
        const eachMessage = async ({ message }) => {
            lines.push(show(message));
            if (lines.length === Number(count)) {
                resolve();
            }
        };
        consumer.run({ autoCommit: false, eachMessage }).catch(reject);
    });
    await consumer.disconnect();
    await printLines(lines);
}

async function consume(address, topic, count) {
    const show = (message) => line(message, Object.entries(message.headers));
    await readTopic(address, topic, count, show);
}

async function readCommitted(address, topic, count) {
    await readTopic(address, topic, count, ({ value }) => value.toString());
}

module.exports = { consume, produce, readCommitted };
