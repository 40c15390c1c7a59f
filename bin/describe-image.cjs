#!/usr/bin/env node
'use strict';

// From Node 22 on the compiled program is kept for the next start.
require('node:module').enableCompileCache?.();

const { endProcess, run, systemIo } = require('../dist/cli.cjs');

run(process.argv.slice(2), systemIo()).then(endProcess);
