import { fileURLToPath } from 'node:url';
import { UsageError } from '../errors.ts';

/** Where an image's bytes come from. */
export type Source =
  | { readonly kind: 'file'; readonly name: string; readonly path: string }
  | { readonly kind: 'bytes'; readonly name: string; readonly data: Uint8Array };

/** What a program may hand over as an image: a path, a `file:` URL, or the bytes themselves. */
export type ImageInput = string | URL | Uint8Array;

/** Says where an image's bytes come from, without touching them. Throws a `UsageError` for what cannot be read yet. */
export function parseSource(input: ImageInput): Source {
  if (input instanceof Uint8Array) return { kind: 'bytes', name: 'image', data: input };
  const text = String(input);
  if (text === '-') {
    throw new UsageError('images on standard input are not read yet', {
      hint: 'Save the image to a file first and name the file.',
    });
  }
  if (isWebUrl(text)) {
    throw new UsageError(`images at a URL are not read yet: ${text}`, {
      hint: 'Save it first: curl -sSLo picture.jpg URL',
    });
  }
  if (/^file:\/\//i.test(text)) return { kind: 'file', name: text, path: filePath(text) };
  return { kind: 'file', name: text, path: text };
}

/** Whether a word is an http or https URL. */
export function isWebUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

function filePath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new UsageError(`${url} is not the URL of a local file`, { hint: 'Give a path instead.', cause });
  }
}
