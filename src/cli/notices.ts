import { redact } from '../api/redact.ts';
import { printableLine } from '../printable.ts';
import type { Io, Output } from './io.ts';

/** The one voice on standard error: whole lines in order, without the key and without control characters. */
export interface Notices {
  readonly error: (message: string, ...more: readonly string[]) => void;
  readonly warning: (message: string) => void;
  readonly note: (message: string, ...more: readonly string[]) => void;
  /** Takes this key, too, out of all that is said from now on. */
  readonly redact: (apiKey: string | undefined) => void;
  /** Resolves once all that was said is written. */
  readonly written: () => Promise<void>;
}

/** Makes the voice. A spinner that is being drawn steps aside by itself. */
export function createNotices(stderr: Output, hasColor: () => boolean): Notices {
  const keys = new Set<string | undefined>();
  const clean = (line: string) => printableLine([...keys].reduce<string>(redact, line));
  let last = Promise.resolve();
  const say = (color: Color | undefined, name: string, lines: readonly string[]) => {
    const text = lines.map(clean).join('\n  ');
    last = last
      .then(async () => stderr.write(`${color && hasColor() ? await paint(color, name) : name} ${text}\n`))
      // There is nobody left to tell that standard error is full or gone, and the answer counts for more.
      .catch(() => undefined);
  };
  return {
    error: (...lines) => say('red', 'describe-image:', lines),
    warning: (message) => say('yellow', 'describe-image: warning:', [message]),
    note: (...lines) => say(undefined, 'describe-image:', lines),
    redact: (apiKey) => {
      keys.add(apiKey?.trim());
    },
    written: () => last,
  };
}

type Color = 'red' | 'yellow';

/** Loads chalk only where there is a colour to show. */
async function paint(color: Color, text: string): Promise<string> {
  const { Chalk } = await import('chalk');
  return new Chalk({ level: 1 })[color](text);
}

/**
 * Whether standard error gets colours: NO_COLOR, then FORCE_COLOR, then whether it is a terminal.
 * See https://no-color.org and https://force-color.org
 */
export function wantsColor({ environment, stderr }: Pick<Io, 'environment' | 'stderr'>): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return environment.FORCE_COLOR !== '0';
  return stderr.isTerminal && environment.TERM !== 'dumb';
}
