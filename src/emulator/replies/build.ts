import type { CannedReply, HonestReply, Refusal } from '../types.ts';

/** Checks the request, and refuses it or says what arrived. */
export const honest: HonestReply = { isHonest: true };

/** An error in the form that the service documents: https://ai.google.dev/gemini-api/docs/troubleshooting */
export function refuse({ code, status, message, details }: Refusal): CannedReply {
  return {
    status: code,
    body: { error: { code, message, status, ...(details && { details }) } },
    ...(code === 405 && { headers: { allow: 'POST' } }),
  };
}

/** A good answer that says a text, in as many parts as are given. */
export function answerWith(...texts: string[]): CannedReply {
  return {
    body: response({
      content: { parts: texts.map((text) => ({ text })), role: 'model' },
      finishReason: 'STOP',
    }),
  };
}

/** A `GenerateContentResponse` around one candidate, or around none. */
export function response(candidate: object | undefined, more: object = {}): object {
  return {
    ...(candidate && { candidates: [{ ...candidate, index: 0 }] }),
    usageMetadata: { promptTokenCount: 264, candidatesTokenCount: 8, totalTokenCount: 272 },
    modelVersion: 'gemini-2.5-pro',
    responseId: 'vTkqaf7xEsSdvdIPrqLnyAc',
    ...more,
  };
}

/** A web page, as a proxy or a login wall sends it. */
export function page(status: number, html: string): CannedReply {
  return { status, headers: { 'content-type': 'text/html' }, body: html };
}
