#!/usr/bin/env node
// A Node that is too old reads this file before it can be told so: it is a script as well as a module, no syntax is newer
// than Node 10, and nothing is loaded before the version is known.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > 20 || (major === 20 && minor >= 19)) import('../dist/emulator.js').then(start);
else {
  const found = `this is ${process.version}`;
  process.stderr.write(
    `describe-image-emulator: needs Node 20.19 or newer, and ${found}; see https://nodejs.org\n`,
  );
  process.exitCode = 2;
}

/** @param {typeof import('../dist/emulator.js')} emulator */
async function start({ runEmulator }) {
  const ended = new AbortController();
  process.once('SIGINT', () => ended.abort(130));
  process.once('SIGTERM', () => ended.abort(143));
  const { stdout, stderr } = process;
  process.exitCode = await runEmulator(process.argv.slice(2), { stdout, stderr, signal: ended.signal });
}
