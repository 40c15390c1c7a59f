'use strict';
// Preloaded into the program: says on standard error, at the end, how often each file and folder was opened.
const fs = require('node:fs');

/** @type {Record<string, number>} */
const opens = {};
const report = fs.writeSync;

/** @param {any} holder @param {string} name */
function count(holder, name) {
  const original = holder[name];
  holder[name] = /** @param {unknown} path @param {unknown[]} more */ (path, ...more) => {
    opens[String(path)] = (opens[String(path)] ?? 0) + 1;
    return original(path, ...more);
  };
}

for (const name of ['open', 'openSync', 'opendir', 'opendirSync', 'readdir', 'readdirSync']) count(fs, name);
for (const name of ['open', 'opendir', 'readdir']) count(fs.promises, name);
process.on('exit', () => report(2, `${JSON.stringify(opens)}\n`));
