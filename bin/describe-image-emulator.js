#!/usr/bin/env node
import process from 'node:process';
import { runEmulator } from '../dist/emulator.js';

const ended = new AbortController();
process.once('SIGINT', () => ended.abort(130));
process.once('SIGTERM', () => ended.abort(143));

const { stdout, stderr } = process;
process.exitCode = await runEmulator(process.argv.slice(2), { stdout, stderr, signal: ended.signal });
