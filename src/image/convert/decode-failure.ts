import { ImageError } from '../../errors.ts';
import { shortLine } from '../../printable.ts';

/** Says in one sentence why an image cannot be decoded or encoded, from what the decoder says in many. */
export function undecodable(error: unknown, isDrawing: boolean): ImageError {
  if (error instanceof ImageError) return error;
  const reason = reasonIn(error instanceof Error ? error.message : String(error));
  const hint = isDrawing
    ? 'Export the drawing as PNG and send that.'
    : /out of memory|allocation failed/i.test(reason)
      ? 'Save it again as a smaller image.'
      : 'It may be damaged or truncated: open it in a viewer and save it again.';
  return new ImageError(`cannot be decoded${reason === '' ? '' : `: ${reason}`}`, { hint, cause: error });
}

/** The first line that says something, without the names of the decoder's parts. */
function reasonIn(text: string): string {
  const lines = text.slice(0, 10_000).split('\n').map(withoutPrefix);
  return shortLine(lines.find((line) => line.trim() !== '' && !noise.test(line)) ?? '');
}

function withoutPrefix(line: string): string {
  return line
    .replace(/^Input buffer has corrupt header:\s*/, '')
    .replace(/^(?:\w+: )+/, '')
    .replace(/Error domain \d+ code \d+ on /, '')
    .replace(/^Input buffer contains unsupported/, 'unsupported');
}

/** What the decoder does for itself, and what follows from a failure already named. */
const noise = /^bad seek to|^unable to (?:read|write|parse)|^killed for|^Unknown error/;
