import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../errors.ts';
import { shown } from '../sentence.ts';
import type { ByteSource } from './bytes.ts';

/** Where an image's bytes come from. */
export type Source =
  | { readonly kind: 'file'; readonly name: string; readonly path: string | Buffer }
  | { readonly kind: 'bytes'; readonly name: string; readonly data: Uint8Array }
  | { readonly kind: 'url'; readonly name: string; readonly url: URL }
  | { readonly kind: 'stream'; readonly name: string; readonly chunks: AsyncIterable<Uint8Array> }
  | OpenedSource;

/** A source whose bytes are at hand, to be closed by whoever loads it. */
export interface OpenedSource {
  readonly kind: 'opened';
  readonly name: string;
  /** Whether the name is that of a file. */
  readonly isFile: boolean;
  /** Of a file's name, with its dot; empty where there is none. */
  readonly extension: string;
  readonly readable: ByteSource;
  /** The type that a server declares. */
  readonly claimed: string | undefined;
}

/**
 * What may be handed over as an image: a path, a `file:`, `http:` or `https:` URL, the bytes themselves, a `Blob` or `File`,
 * a `Response` of `fetch`, or a stream of bytes, such as `process.stdin`.
 */
export type ImageInput =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | Response
  | AsyncIterable<Uint8Array>
  | NamedImage
  | NamedFile;

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
  if (isOpened(input)) return input;
  const name = nameOfInput(input);
  if (typeof input === 'string' || input instanceof URL) return parseName(String(input), name);
  if (input instanceof Uint8Array) return { kind: 'bytes', name, data: input };
  if (input instanceof ArrayBuffer) return { kind: 'bytes', name, data: new Uint8Array(input) };
  if (isKind(input, 'Blob', 'File')) return { kind: 'stream', name, chunks: input.stream() };
  if (isKind(input, 'Response')) return { kind: 'stream', name, chunks: bodyOf(input) };
  if (typeof input !== 'object' || input === null) throw noImage(input);
  if (Symbol.asyncIterator in input) return { kind: 'stream', name, chunks: input };
  if ('path' in input && (typeof input.path === 'string' || input.path instanceof Uint8Array))
    return { kind: 'file', name, path: input.path };
  if ('data' in input && typeof input.data === 'object' && input.data !== null) {
    const { data } = input;
    if (data instanceof Uint8Array) return { kind: 'bytes', name, data };
    if (Symbol.asyncIterator in data) return { kind: 'stream', name, chunks: data };
  }
  throw noImage(input);
}

/** Whether an input was opened before, to see whether it is an image. */
export function isOpened(input: ImageInput | OpenedSource): input is OpenedSource {
  return typeof input === 'object' && input !== null && 'kind' in input && input.kind === 'opened';
}

/** A file whose bytes are at hand. */
export function openedFile(name: string, readable: ByteSource): OpenedSource {
  return { kind: 'opened', name, isFile: true, extension: extname(name), readable, claimed: undefined };
}

/** Told by its tag: to name the class itself would make Node load all of `fetch`. */
function isKind(input: unknown, ...tags: readonly ('Blob' | 'File')[]): input is Blob;
function isKind(input: unknown, ...tags: readonly 'Response'[]): input is Response;
function isKind(input: unknown, ...tags: readonly string[]): boolean {
  return tags.some((tag) => Object.prototype.toString.call(input) === `[object ${tag}]`);
}

/** What a server answered with, if it is an image. */
function bodyOf(response: Response): AsyncIterable<Uint8Array> {
  if (!response.ok) {
    throw new UsageError(`the Response is not an image: it has the status ${response.status}`, {
      hint: 'Check response.ok first, or pass the URL.',
    });
  }
  if (response.bodyUsed || response.body === null) {
    throw new UsageError('the body of the Response is empty or was read before', {
      hint: 'Pass its bytes instead, or response.clone().',
    });
  }
  return response.body;
}

function noImage(input: unknown): UsageError {
  return new UsageError(`${shown(input)} is not an image`, {
    hint: 'Pass a path, a URL, bytes, a Blob, a Response, or a stream of bytes.',
  });
}

function parseName(text: string, name: string): Source {
  if (text === '') throw noImage(text);
  if (isWebUrl(text)) return { kind: 'url', name, url: parseUrl(text) };
  if (/^file:\/\//i.test(text)) return { kind: 'file', name, path: filePath(text) };
  if (/^(?:ftps?|sftp|s3|gs|data|blob):/i.test(text)) throw unreadable(text);
  return { kind: 'file', name, path: text };
}

/** Whether a word is an http or https URL. */
export function isWebUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** Longer than any that servers take; to encode the name of a host takes time that grows with the square of its length. */
const maxUrlLength = 16 * 1024;

function parseUrl(text: string): URL {
  if (text.length <= maxUrlLength && URL.canParse(text)) return new URL(text);
  throw new UsageError(`${withoutPassword(text)} is not a valid URL`, {
    hint: 'Copy the URL of the image from a browser.',
  });
}

function unreadable(text: string): UsageError {
  const scheme = text.slice(0, text.indexOf(':'));
  return new UsageError(`${scheme}: URLs are not supported, only http:, https: and file:`, {
    hint: 'Save the image to a file first.',
  });
}

/** What messages and records call an input. */
export function nameOfInput(input: ImageInput | OpenedSource): string {
  if (typeof input === 'string') return shortened(withoutPassword(input));
  if (input instanceof URL) return shortened(withoutPassword(input.href));
  if (isKind(input, 'Response') && input.url !== '') return shortened(withoutPassword(input.url));
  const name = typeof input === 'object' && input !== null && 'name' in input ? input.name : undefined;
  return typeof name === 'string' && name !== '' ? shortened(name) : 'image';
}

/** No path is longer; an image in base64, handed over by mistake, is. */
function shortened(name: string): string {
  return name.length > 4096 ? `${name.slice(0, 60)}…` : name;
}

/** A name is shown and written to logs, and a password is for neither. */
function withoutPassword(url: string): string {
  return url.replace(/^(https?:\/\/)[^/?#]*@/i, '$1');
}

function filePath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new UsageError(`${url} is not the URL of a local file`, { hint: 'Use a path instead.', cause });
  }
}
