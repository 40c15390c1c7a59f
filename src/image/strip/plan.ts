import { ImageError } from '../../errors.ts';

/** A range of the source, or bytes to put in between. */
export type Piece = { readonly start: number; readonly end: number } | Buffer;

/** How to write a file without its metadata. */
export interface StripPlan {
  /** In the order they are written in, which is the order they have in the source. */
  readonly pieces: readonly Piece[];
  /** What goes, in plain words, each named once; empty where the file is as it should be. */
  readonly removed: readonly string[];
}

/** A plan in the making, from the front of the file to its back. */
export interface Draft {
  keep(start: number, end: number): void;
  insert(bytes: Buffer): void;
  remove(...what: readonly string[]): void;
  finish(): StripPlan;
}

/** Starts a plan; ranges that touch become one. Its steps throw an `ImageError` once there are too many. */
export function draftPlan(): Draft {
  const pieces: Piece[] = [];
  const removed = new Set<string>();
  let steps = 0;
  const count = () => {
    steps += 1;
    if (steps > mostSteps) throw damaged('the image has too many parts');
  };
  return {
    keep: (start, end) => {
      count();
      const last = pieces.at(-1);
      if (last && !Buffer.isBuffer(last) && last.end === start)
        pieces[pieces.length - 1] = { start: last.start, end };
      else if (end > start) pieces.push({ start, end });
    },
    insert: (bytes) => {
      count();
      pieces.push(bytes);
    },
    remove: (...what) => {
      count();
      for (const word of what) removed.add(word);
    },
    finish: () => ({ pieces, removed: [...removed] }),
  };
}

/** More than any real file needs; a hostile one ends here. */
const mostSteps = 100_000;

/** A file that cannot be followed is not sent: metadata could be left in it. */
export function damaged(how = 'the image is damaged'): ImageError {
  return new ImageError(`its metadata cannot be removed: ${how}`, {
    hint: 'Open it in an image editor, save a copy and send that.',
  });
}
