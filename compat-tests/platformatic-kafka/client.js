// SPDX-License-Identifier: Apache-2.0
// An @platformatic/kafka program; compat-tests/client_cases.py tells what its words do.
'use strict';

const { admin, errors, times } = require('./admin.js');
const { member } = require('./member.js');
const { consume, large, produce } = require('./records.js');
const { idempotent, readCommitted, transact } = require('./transactions.js');

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
};

const [word, ...parameters] = process.argv.slice(2);
words[word](...parameters).then(
    () => process.exit(0),
    (error) => {
        console.error(error);
        process.exit(1);
    }
);
