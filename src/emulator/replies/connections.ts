import type { Fault } from '../types.ts';
import { answerWith } from './build.ts';

/** Connections that do not hold. */
export const connections = {
  cut: { about: 'the connection breaks before an answer', reply: { cut: 'before-headers' } },
  'cut-headers': {
    about: 'the connection breaks within the headers of the answer',
    reply: { ...answerWith('A small boat on a calm sea.'), cut: 'in-headers' },
  },
  'cut-body': {
    about: 'the connection breaks in the middle of the answer',
    reply: { ...answerWith('A small boat on a calm sea.'), cut: 'in-body' },
  },
  hang: { about: 'no answer, ever', reply: { hang: true } },
} as const satisfies Record<string, Fault>;
