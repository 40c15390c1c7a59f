import { UsageError } from '../errors.ts';
import type { Path } from './bytes.ts';
import { asText } from './listing.ts';

/** How the entries of a list are told apart. */
export type Separator = 'newline' | 'null';

/** No system has longer paths; a file named by mistake has. */
const maxEntryBytes = 64 * 1024;

/**
 * Reads a list of images as it comes: paths and URLs, ended by newlines or, as `find -print0` and `git diff -z` write them,
 * by NUL. Empty entries are passed over. Throws a `UsageError` for what is no list.
 *
 * @param name what the list is called in messages
 */
export async function* readList(
  chunks: AsyncIterable<Uint8Array>,
  separator: Separator,
  name: string,
): AsyncGenerator<Path> {
  const end = separator === 'null' ? 0 : 0x0a;
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = true;
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = rest.indexOf(end); at >= 0; at = rest.indexOf(end, from)) {
      yield* entry(withoutMark(rest.subarray(from, at), isFirst), separator, name);
      isFirst = false;
      from = at + 1;
    }
    // A copy: the sender may use its memory again.
    rest = Buffer.from(rest.subarray(from));
    if (rest.length > maxEntryBytes) throw noList(name, 'an entry is longer than any path');
  }
  yield* entry(withoutMark(rest, isFirst), separator, name);
}

function* entry(bytes: Buffer, separator: Separator, name: string): Generator<Path> {
  const path = separator === 'newline' && bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
  if (path.length === 0) return;
  if (path.includes(0)) throw noList(name, 'its entries are separated by NUL', 'Use -0 to read it.');
  const text = asText(path);
  // A file of that name, for once, and not standard input.
  if (text === '-') yield './-';
  else yield typeof text === 'string' ? text : Buffer.from(text);
}

/** Windows puts a byte order mark before the first name. */
function withoutMark(bytes: Buffer, isFirst: boolean): Buffer {
  return isFirst && bytes.toString('latin1', 0, 3) === '\xef\xbb\xbf' ? bytes.subarray(3) : bytes;
}

function noList(name: string, why: string, hint = 'Put one path or URL on each line.'): UsageError {
  return new UsageError(`${name} is not a list of images: ${why}`, { hint });
}
