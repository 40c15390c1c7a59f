import { type ByteSource, fromMemory } from './bytes.ts';
import { fromFile } from './open/file.ts';
import type { Source } from './source.ts';

export interface OpenOptions {
  /** Of a stream or a download that holds more, no more is read. */
  readonly mostBytes: number;
  /** Bound on a download, in milliseconds. */
  readonly timeoutMs: number;
  /** The proxy that a download goes through; none unless given. */
  readonly proxyFor?: ((url: URL) => Promise<string | undefined>) | undefined;
  /** Told how much of a download is here. */
  readonly onDownload?: ((receivedBytes: number, totalBytes: number | undefined) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Opened {
  readonly readable: ByteSource;
  /** The type that a server declares. */
  readonly claimed?: string | undefined;
}

/**
 * Opens a source; what comes as a stream is read to its end and kept.
 * Throws an `ImageError` when it cannot be read, and an `AbortedError`.
 *
 * @param inspect sees the first bytes of a stream before the rest is read, and may throw
 */
export async function openSource(
  source: Source,
  options: OpenOptions,
  inspect: (head: Buffer, claimed?: string) => Promise<unknown>,
): Promise<Opened> {
  switch (source.kind) {
    case 'file':
      return { readable: fromFile(source.path, source.name) };
    case 'opened':
      return source;
    case 'bytes':
      return { readable: fromMemory(source.data) };
    case 'stream':
      return keep(source.chunks, source.name, options, inspect);
    case 'url': {
      const { download } = await import('./download.ts');
      const { chunks, contentType } = await download(source.url, source.name, options);
      return keep(chunks, source.name, options, inspect, contentType);
    }
  }
}

async function keep(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  { mostBytes, signal }: OpenOptions,
  inspect: (head: Buffer, claimed?: string) => Promise<unknown>,
  claimed?: string,
): Promise<Opened> {
  const { spool } = await import('./spool.ts');
  const readable = await spool(chunks, name, {
    mostBytes,
    signal,
    inspect: (head) => inspect(head, claimed),
  });
  return { readable, claimed };
}
