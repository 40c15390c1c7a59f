import type { Usage } from '../result.ts';
import { grouped } from './figures.ts';

/** Where a batch stands. */
export interface BatchTally {
  /** How many images there are; undefined while the folder is still being walked. */
  readonly total: number | undefined;
  /** How many were found so far. */
  readonly found: number;
  readonly answered: number;
  /** Of those, how many were cut off at the token limit. */
  readonly cutOff: number;
  /** Answered, and to be kept, and it could not be: these are not among the answered. */
  readonly unkept: number;
  /** Answered by an earlier run. */
  readonly kept: number;
  /** Of those, how many were cut off at the token limit. */
  readonly keptCutOff: number;
  readonly failed: number;
  readonly notTried: number;
  readonly retries: number;
  readonly tokens: Omit<Usage, 'cachedContentTokenCount'>;
  /** When the server takes requests again, in milliseconds since 1970; undefined when it takes them now. */
  readonly pausedUntilMs: number | undefined;
  /** In milliseconds since 1970. */
  readonly startedMs: number;
}

/**
 * One line about where a batch stands, at most `columns` wide: what is zero or not known is left out, and where there is no
 * room, what matters least. Empty where there is no room for anything.
 */
export function formatProgress(tally: BatchTally, nowMs: number, columns: number): string {
  const parts = partsOf(tally, nowMs);
  let shown = parts;
  for (const least of parts.toSorted((one, other) => other.rank - one.rank)) {
    if (joined(shown).length <= columns) break;
    shown = shown.filter((part) => part !== least);
  }
  return joined(shown);
}

/** A time for people, in the two units that matter: "45 s", "2 min 48 s", "3 h 12 min", "2 d 4 h". */
export function formatDuration(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  if (!(seconds >= 1)) return 'less than 1 s';
  if (seconds < 3600) return inUnits(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  return minutes < 1440 ? inUnits(minutes, 60, 'h', 'min') : inUnits(Math.round(minutes / 60), 24, 'd', 'h');
}

interface Part {
  readonly text: string;
  /** The higher, the earlier it is left out; what belongs to another part ranks above it. */
  readonly rank: number;
  /** What parts it from what is before it. */
  readonly after?: ' ' | ', ';
}

function partsOf(tally: BatchTally, nowMs: number): readonly Part[] {
  const { found, total, failed, retries, tokens } = tally;
  const cutOff = tally.cutOff + tally.keptCutOff;
  if (total === undefined && found === 0) return [{ text: 'looking for images', rank: 0 }];
  const done = tally.answered + tally.kept + failed;
  return [
    { text: grouped(done), rank: 0 },
    {
      text: total === undefined ? `of at least ${grouped(found)}` : `of ${grouped(total)}`,
      rank: 1,
      after: ' ',
    },
    ...(failed > 0 ? [{ text: `${grouped(failed)} failed`, rank: 4 }] : []),
    ...(cutOff > 0 ? [{ text: `${grouped(cutOff)} cut off`, rank: 5 }] : []),
    ...(retries > 0 ? [{ text: counted(retries, 'retry', 'retries'), rank: 8 }] : []),
    ...(pauseOf(tally, nowMs) ?? paceOf(tally, nowMs)),
    ...(tokens.totalTokenCount > 0
      ? [{ text: counted(tokens.totalTokenCount, 'token', 'tokens'), rank: 10 }]
      : []),
  ];
}

/** Instead of the pace, which tells nothing while nothing is asked. */
function pauseOf({ pausedUntilMs }: BatchTally, nowMs: number): readonly Part[] | undefined {
  if (pausedUntilMs === undefined || pausedUntilMs <= nowMs) return undefined;
  return [
    { text: 'paused', rank: 2 },
    { text: `until ${new Date(pausedUntilMs).toTimeString().slice(0, 8)}`, rank: 3, after: ' ' },
    { text: '(rate limit)', rank: 9, after: ' ' },
  ];
}

/** What an earlier run answered takes no time, so it counts neither as work done nor as work left. */
function paceOf(tally: BatchTally, nowMs: number): readonly Part[] {
  const { total, answered, kept, failed, notTried, startedMs } = tally;
  const asked = answered + failed;
  const elapsedMs = nowMs - startedMs;
  if (asked === 0 || elapsedMs <= 0) return [];
  const rate = { text: formatRate(asked / (elapsedMs / 1000)), rank: 7 };
  const left = total === undefined ? 0 : total - asked - kept - notTried;
  if (left <= 0) return [rate];
  return [rate, { text: `${formatDuration((elapsedMs / asked) * left)} left`, rank: 6 }];
}

/** In the unit in which it is at least one, as far as there is such a unit. */
function formatRate(perSecond: number): string {
  const number = (value: number) => (value < 9.95 ? value.toFixed(1) : grouped(Math.round(value)));
  if (perSecond >= 0.95) return `${number(perSecond)} images/s`;
  const perMinute = perSecond * 60;
  return perMinute >= 0.95 ? `${number(perMinute)} images/min` : `${number(perMinute * 60)} images/h`;
}

function joined(parts: readonly Part[]): string {
  return parts.map(({ text, after = ', ' }, index) => (index === 0 ? text : after + text)).join('');
}

function inUnits(value: number, ratio: number, large: string, small: string): string {
  const [many, few] = [Math.floor(value / ratio), value % ratio];
  return [...(many > 0 ? [`${many} ${large}`] : []), ...(few > 0 ? [`${few} ${small}`] : [])].join(' ');
}

/** A number of things, in words that fit one and many. */
export function counted(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}
