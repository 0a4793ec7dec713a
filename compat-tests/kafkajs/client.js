// SPDX-License-Identifier: Apache-2.0
// A kafkajs program; compat-tests/client_cases.py tells what its words do.
'use strict';

const { admin } = require('./admin.js');
const { errors, large, times } = require('./edges.js');
const { member } = require('./member.js');
const { consume, produce, readCommitted } = require('./records.js');
const { idempotent, transact, transfer } = require('./transactions.js');

const words = {
    produce,
    consume,
    'read-committed': readCommitted,
    admin,
    times,
    large,
    errors,
    member,
    idempotent,
    transact,
    transfer,
};

const [word, ...parameters] = process.argv.slice(2);
words[word](...parameters).then(
    () => process.exit(0),
    (error) => {
        console.error(error);
        process.exit(1);
    }
);
