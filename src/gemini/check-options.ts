import { UsageError } from '../errors.ts';
import type { GenerationSettings } from '../types.ts';
import { limits, mostStopSequences } from './wire.ts';

interface Options extends GenerationSettings {
  readonly timeoutMs?: number | undefined;
  readonly retries?: number | undefined;
  readonly maxWaitMs?: number | undefined;
  readonly maxEdge?: number | undefined;
  readonly maxRequestBytes?: number | undefined;
}

/** The longest that a timer can wait: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const mostMs = 2_147_483_647;

/** Whole numbers unless named here. */
const fractions = new Set(['temperature', 'topP', 'timeoutMs', 'maxWaitMs']);

const ranges = {
  ...limits,
  timeoutMs: { minimum: 1, maximum: mostMs },
  retries: { minimum: 0, maximum: 100 },
  maxWaitMs: { minimum: 0, maximum: mostMs },
  maxEdge: { minimum: 1, maximum: 65_535 },
  maxRequestBytes: { minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
} as const;

/** Throws a `UsageError` for a number out of its range and for settings that exclude each other. */
export function checkOptions(options: Options): void {
  for (const name of Object.keys(ranges) as (keyof typeof ranges)[]) {
    const [value, { minimum, maximum }] = [options[name], ranges[name]];
    if (value === undefined) continue;
    const isRight = value >= minimum && value <= maximum && (fractions.has(name) || Number.isInteger(value));
    if (!isRight) throw new UsageError(`\`${name}\` must be from ${minimum} to ${maximum}, not ${value}`);
  }
  if ((options.stopSequences?.length ?? 0) > mostStopSequences) {
    throw new UsageError(`\`stopSequences\` holds more than ${mostStopSequences} texts`);
  }
  if (options.thinkingBudget !== undefined && options.thinkingLevel !== undefined) {
    throw new UsageError('`thinkingBudget` and `thinkingLevel` exclude each other');
  }
}
