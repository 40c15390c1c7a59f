#!/usr/bin/env node
'use strict';

// From Node 22 on the compiled program is kept for the next start.
require('node:module').enableCompileCache?.();

const { run, systemIo } = require('../dist/cli.cjs');

/** Who was told to stop ends by that signal, so that a shell's loop ends too. Windows knows no such end. */
const signals = process.platform === 'win32' ? {} : { 130: 'SIGINT', 143: 'SIGTERM' };

run(process.argv.slice(2), systemIo()).then((exitCode) => {
  const signal = signals[exitCode];
  // All is written by now; nothing that is left half done may keep the process alive.
  if (signal === undefined) process.exit(exitCode);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
