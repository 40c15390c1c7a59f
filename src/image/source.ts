import { fileURLToPath } from 'node:url';
import { UsageError } from '../errors.ts';
import type { Readable } from './bytes.ts';

/** Where an image's bytes come from. */
export type Source =
  | { readonly kind: 'file'; readonly name: string; readonly path: string | Buffer }
  | { readonly kind: 'bytes'; readonly name: string; readonly data: Uint8Array }
  | { readonly kind: 'url'; readonly name: string; readonly url: URL }
  | { readonly kind: 'stream'; readonly name: string; readonly chunks: AsyncIterable<Uint8Array> }
  | OpenedSource;

/** A source whose bytes are at hand. Whoever loads it lets go of them. */
export interface OpenedSource {
  readonly kind: 'opened';
  readonly name: string;
  /** Whether the name is that of a file. */
  readonly isFile: boolean;
  /** Of a file's name, with its dot; empty where there is none. */
  readonly extension: string;
  readonly readable: Readable;
  /** The type that a server declares. */
  readonly claimed: string | undefined;
}

/**
 * What may be handed over as an image: a path, a `file:`, `http:` or `https:` URL, the bytes themselves, or a stream of
 * them, such as `process.stdin`.
 */
export type ImageInput = string | URL | Uint8Array | AsyncIterable<Uint8Array> | NamedImage | NamedFile;

/** Bytes, or a stream of them, with a name to speak of them by. */
export interface NamedImage {
  readonly name: string;
  readonly data: Uint8Array | AsyncIterable<Uint8Array>;
}

/** A file whose path need not be its name; as bytes, it need not be valid UTF-8. */
export interface NamedFile {
  readonly name: string;
  readonly path: string | Buffer;
}

/** Says where an image's bytes come from, without touching them. Throws a `UsageError` for what names no image. */
export function parseSource(input: ImageInput | OpenedSource): Source {
  if (typeof input === 'string' || input instanceof URL) return parseName(String(input));
  if (input instanceof Uint8Array) return { kind: 'bytes', name: 'image', data: input };
  if ('kind' in input) return input;
  if (Symbol.asyncIterator in input) return { kind: 'stream', name: 'image', chunks: input };
  if ('path' in input) return { kind: 'file', ...input };
  const { name, data } = input;
  return data instanceof Uint8Array ? { kind: 'bytes', name, data } : { kind: 'stream', name, chunks: data };
}

function parseName(text: string): Source {
  if (isWebUrl(text)) return { kind: 'url', name: withoutPassword(text), url: parseUrl(text) };
  if (/^file:\/\//i.test(text)) return { kind: 'file', name: text, path: filePath(text) };
  if (/^(?:ftps?|sftp|s3|gs|data|blob):/i.test(text)) throw unreadable(text);
  return { kind: 'file', name: text, path: text };
}

/** Whether a word is an http or https URL. */
export function isWebUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

function parseUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new UsageError(`${withoutPassword(text)} is not a valid URL`, {
    hint: 'Copy the address of the image from a browser.',
  });
}

function unreadable(text: string): UsageError {
  const scheme = text.slice(0, text.indexOf(':'));
  return new UsageError(`${scheme}: addresses cannot be read, only http:, https: and file:`, {
    hint: 'Save the image first, and name the file or send it to standard input.',
  });
}

/** A name is shown and written to logs, and a password is for neither. */
function withoutPassword(url: string): string {
  return url.replace(/^(https?:\/\/)[^/?#]*@/i, '$1');
}

function filePath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new UsageError(`${url} is not the URL of a local file`, { hint: 'Give a path instead.', cause });
  }
}
