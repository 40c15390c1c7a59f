#!/usr/bin/env node
'use strict';

// From Node 22 on the compiled program is kept for the next start.
require('node:module').enableCompileCache?.();

const { run, systemIo } = require('../dist/cli.cjs');

const io = systemIo();
run(process.argv.slice(2), io).then((exitCode) => {
  // Who was told to stop ends by that signal, so that a shell's loop ends too. Windows knows no such end.
  if (io.signal.aborted && process.platform !== 'win32') process.kill(process.pid, io.signal.reason);
  // All is written by now; nothing that is left half done may keep the process alive.
  else process.exit(exitCode);
});
