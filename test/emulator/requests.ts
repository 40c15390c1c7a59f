import { readFileSync } from 'node:fs';
import type { Emulator } from '../../src/emulator/index.ts';

/** The path of the usual call. */
export const path = '/v1beta/models/gemini-2.5-pro:generateContent';

/** A file of fixtures/images as base64. */
export function base64(file: string): string {
  return readFileSync(new URL(`../../fixtures/images/${file}`, import.meta.url)).toString('base64');
}

/** An image part, as the contract spells it. */
export function imagePart(file: string, mimeType: string) {
  return { inline_data: { mime_type: mimeType, data: base64(file) } };
}

/** A request that asks one thing of some parts. */
export function ask(parts: readonly unknown[], more: object = {}) {
  return { contents: [{ role: 'user', parts }], ...more };
}

/** A request that nothing is wrong with. */
export const good = ask([{ text: 'what is this?' }, imagePart('jfif.jpg', 'image/jpeg')]);

/** Posts a body as JSON with a key in the query, unless told otherwise. */
export function post(emulator: Emulator, body: unknown, init: RequestInit & { path?: string } = {}) {
  const { path: where = `${path}?key=secret`, headers, ...rest } = init;
  return fetch(emulator.url + where, {
    method: 'POST',
    body:
      typeof body === 'string' || body instanceof Uint8Array
        ? (body as NonNullable<RequestInit['body']>)
        : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
    ...rest,
  });
}

export interface ApiReply {
  readonly error: {
    readonly code: number;
    readonly status: string;
    readonly message: string;
    readonly details?: {
      readonly reason?: string;
      readonly fieldViolations?: { readonly field?: string }[];
    }[];
  };
}

/** The error that a reply holds. */
export async function errorOf(reply: Response): Promise<ApiReply['error']> {
  return ((await reply.json()) as ApiReply).error;
}
