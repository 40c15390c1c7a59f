import { answers } from './answers.ts';
import { connections } from './connections.ts';
import { gateways } from './gateways.ts';
import { refusals } from './refusals.ts';

/** Every fault that has a name, for tests and for `--fault`. */
export const faults = { ...refusals, ...gateways, ...answers, ...connections };

export type FaultName = keyof typeof faults;

/** Whether there is a fault of that name. */
export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faults, name);
}
