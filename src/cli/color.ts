import type { Io } from './io.ts';

/**
 * Whether standard error gets colours: NO_COLOR, then FORCE_COLOR, then whether it is a terminal.
 * See https://no-color.org and https://force-color.org
 */
export function wantsColor({ environment, stderr }: Pick<Io, 'environment' | 'stderr'>): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return environment.FORCE_COLOR !== '0';
  return stderr.isTerminal && environment.TERM !== 'dumb';
}
