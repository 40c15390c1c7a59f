import { inspect } from 'node:util';

/**
 * Checks every row of a table within one test. All rows are checked; the failures name their rows, and the first one is
 * thrown with what was expected of it.
 */
export async function eachRow<Row extends [] | object | string | number | boolean | null | undefined>(
  rows: Iterable<Row>,
  check: (row: Row) => unknown,
): Promise<void> {
  const failures: { readonly name: string; readonly error: unknown }[] = [];
  let count = 0;
  for (const row of rows) {
    count += 1;
    try {
      await check(row);
    } catch (error) {
      failures.push({ name: nameOf(row), error });
    }
  }
  if (count === 0) throw new Error('The table has no rows.');
  const [first, ...others] = failures;
  if (first === undefined) return;
  const error = first.error instanceof Error ? first.error : new Error(String(first.error));
  const more = others.length === 0 ? '' : ` (and ${others.length} more, such as ${others[0]?.name})`;
  error.message = `in the row ${first.name}${more}: ${error.message}`;
  throw error;
}

/** What a row is called: its first cell where that is a text, or as much of it as fits on a line. */
function nameOf(row: unknown): string {
  const [first] = Array.isArray(row) ? row : [row];
  const text =
    typeof first === 'string' ? JSON.stringify(first) : inspect(row, { depth: 2, breakLength: Infinity });
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
