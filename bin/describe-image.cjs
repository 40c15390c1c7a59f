#!/usr/bin/env node
'use strict';

// From Node 22 on the compiled program is kept for the next start.
require('node:module').enableCompileCache?.();

const { run, systemIo } = require('../dist/cli.cjs');

const io = systemIo();
run(process.argv.slice(2), io).then((exitCode) => {
  process.exitCode = exitCode;
  // Whatever a signal left half done would keep the process alive.
  if (io.signal.aborted) process.exit();
});
