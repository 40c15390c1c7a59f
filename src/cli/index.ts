export { systemIo } from './io.ts';
export { run } from './run.ts';
