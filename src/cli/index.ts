export { endProcess, systemIo } from './io.ts';
export { run } from './run.ts';
