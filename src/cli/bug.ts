/** What is said of an error that nobody foresaw: what it is, and what to do with it. */
export function describeBug(error: unknown): [what: string, next: string] {
  const message = error instanceof Error ? error.message : String(error);
  return [
    `this is a bug: ${message}`,
    'Please report it, with what --debug shows, where you got this program.',
  ];
}
