/**
 * A local server that speaks the API, for tests and for trying out scripts.
 *
 * @example
 * import { faults, startEmulator } from 'describe-image/emulator';
 * await using emulator = await startEmulator();
 * emulator.enqueue(faults['rate-limit'].reply);
 */
export { type EmulatorIo, runEmulator } from './command.ts';
export { type FaultName, faults } from './faults.ts';
export { answerWith, honest, rateLimit, refuse } from './replies.ts';
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
