// SPDX-License-Identifier: Apache-2.0
// A kafkajs program; compat-tests/client_cases.py tells what its words do.
'use strict';

const { run } = require('../node-words/words.js');
const { admin } = require('./admin.js');
const { errors, large, times } = require('./edges.js');
const { member } = require('./member.js');
const { consume, produce, readCommitted } = require('./records.js');
const { idempotent, transact, transfer } = require('./transactions.js');

run({
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
});
