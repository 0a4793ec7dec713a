// SPDX-License-Identifier: Apache-2.0
// An @platformatic/kafka program; compat-tests/client_cases.py tells what its words do.
'use strict';

const { run } = require('../node-words/words.js');
const { admin, errors, times } = require('./admin.js');
const { member } = require('./member.js');
const { consume, large, produce } = require('./records.js');
const { idempotent, readCommitted, transact, transfer } = require('./transactions.js');

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
