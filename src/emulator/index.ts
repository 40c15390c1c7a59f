/**
 * A local server that speaks the API, for tests and rehearsals.
 *
 * @example
 * import { faults, startEmulator } from 'describe-image/emulator';
 * await using emulator = await startEmulator();
 * emulator.enqueue(faults['rate-limit'].reply);
 */
export { type EmulatorIo, runEmulator } from './command.ts';
export { answerWith, honest, refuse } from './replies/build.ts';
export { type FaultName, faults } from './replies/faults.ts';
export { rateLimit } from './replies/refusals.ts';
export { startEmulator } from './server.ts';
export type {
  CannedReply,
  Emulator,
  EmulatorOptions,
  Fault,
  HonestReply,
  ImageFacts,
  RecordedRequest,
  Refusal,
  Reply,
} from './types.ts';
