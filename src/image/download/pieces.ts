import type { Readable } from 'node:stream';
import { empty, tooLarge } from './failure.ts';
import type { Lifetime } from './lifetime.ts';

interface Reading {
  readonly maxBytes: number;
  readonly onPiece: (receivedBytes: number) => void;
  /** Turns what went wrong into what is thrown. */
  readonly explain: (error: unknown) => unknown;
}

/** Reads a body once, up to a bound; the lifetime ends with it, and it with the lifetime. */
export function readPieces(body: Readable, lifetime: Lifetime, reading: Reading): AsyncIterable<Uint8Array> {
  const { signal, end } = lifetime;
  // Whoever iterates hears of it; until then, somebody has to.
  body.on('error', () => undefined);
  signal.addEventListener('abort', () => body.destroy(signal.reason), { once: true });
  const pieces = generate(body, lifetime, reading);
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => pieces.next(),
    // A generator that was never begun would return without letting go.
    return: () => {
      end();
      return pieces.return(undefined);
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

async function* generate(
  body: Readable,
  { signal, end }: Lifetime,
  { maxBytes, onPiece, explain }: Reading,
): AsyncGenerator<Uint8Array, undefined> {
  let receivedBytes = 0;
  try {
    for await (const piece of body) {
      receivedBytes += piece.length;
      if (receivedBytes > maxBytes) throw tooLarge(maxBytes);
      onPiece(receivedBytes);
      yield piece;
    }
    if (receivedBytes === 0) throw empty();
  } catch (error) {
    end(error);
    throw explain(signal.reason);
  } finally {
    end();
  }
}
