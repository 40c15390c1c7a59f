#!/usr/bin/env node
import { run, systemIo } from '../dist/cli.js';

const io = systemIo();
process.exitCode = await run(process.argv.slice(2), io);
// Whatever a signal left half done would keep the process alive.
if (io.signal.aborted) process.exit();
