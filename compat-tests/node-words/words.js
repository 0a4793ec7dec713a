// SPDX-License-Identifier: Apache-2.0
// What the programs of Node.js clients share; compat-tests/client_cases.py tells what their words do.
'use strict';

const FIRST_TIMESTAMP = 1_700_000_000_000;

// Calls the word of the command line with the parameters behind it.
function run(words) {
    const [word, ...parameters] = process.argv.slice(2);
    words[word](...parameters).then(
        () => process.exit(0),
        (error) => {
            console.error(error);
            process.exit(1);
        }
    );
}

// The record i that "produce" sends; a client's own names and types are up to the client.
function recordNumber(i) {
    return {
        timestamp: FIRST_TIMESTAMP + i,
        key: i % 5 === 0 ? null : `key-${i % 1000}`,
        value: i % 11 === 0 && i % 5 !== 0 ? null : `value-${i}-${'x'.repeat(i % 50)}`,
        headers: i % 3 === 0 ? { number: String(i), empty: '' } : {},
    };
}

function text(value) {
    return value?.toString() ?? '~';
}

// The line that "consume" prints for a record; headers: pairs.
function line({ offset, timestamp, key, value }, headers) {
    const pairs = [...headers].map(([name, content]) => `${name}=${content}`);
    return [offset, timestamp, text(key), text(value), pairs.join(',')].join('|');
}

async function printLines(lines) {
    await new Promise((resolve) => process.stdout.write(`${lines.join('\n')}\n`, resolve));
}

module.exports = { line, printLines, recordNumber, run };
