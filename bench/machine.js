import { availableParallelism, cpus } from 'node:os';

/** Says what the figures were measured on. */
export function describeMachine() {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  return `Node ${process.version}, ${process.platform}, ${model}, ${availableParallelism()} cores`;
}
