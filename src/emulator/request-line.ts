import { describeImage } from './answer.ts';
import type { RecordedRequest } from './types.ts';

/** One line about a request: method, path without the key, status, and what arrived or what was wrong. */
export function requestLine({ method, path, status, images, problem, aborted }: RecordedRequest): string {
  const facts = [
    aborted ? 'hung up' : status === 0 ? 'no answer' : String(status),
    ...images.map(describeImage),
    ...(problem === undefined ? [] : [problem.message.trim()]),
  ];
  return printable(`${method} ${hideKeys(path)} ${facts.join(' · ')}`);
}

function hideKeys(path: string): string {
  return path.replace(/([?&])([^=&]*)=[^&]*/g, (pair, before: string, name: string) => {
    return isKey(name) ? `${before}${name}=[key]` : pair;
  });
}

function isKey(name: string): boolean {
  return new URLSearchParams(`${name}=`).has('key');
}

/** What a client sent must not steer the terminal it is shown on. */
function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '?');
}
