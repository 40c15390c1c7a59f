import { isUtf8 } from 'node:buffer';
import { invalidArgument } from '../refusal.ts';
import type { ImageFacts, Refusal, RequestHead, Rules } from '../types.ts';
import { checkConfig } from './config.ts';
import { checkContents } from './contents.ts';
import { checkCredential } from './credential.ts';
import { checkEndpoint, checkModel } from './endpoint.ts';
import { checkHeaders } from './headers.ts';
import { checkImages, describeImages } from './images.ts';
import type { GenerateRequest } from './request.ts';
import { readShape } from './shape.ts';

/** A body that was looked through. */
export interface CheckedBody {
  readonly json: unknown;
  readonly images: readonly ImageFacts[];
  /** Set where the shape is right. */
  readonly request?: GenerateRequest;
  readonly problem?: Refusal | undefined;
}

/** Checks what is known before the body arrives. */
export function checkHead(head: RequestHead, rules: Rules): Refusal | undefined {
  return (
    checkEndpoint(head, rules) ??
    checkHeaders(head, rules) ??
    checkCredential(head, rules) ??
    checkModel(head, rules)
  );
}

/** Checks a body that arrived in full. */
export function checkBody(body: Buffer, model: string): CheckedBody {
  const json = parse(body);
  if (json === undefined) {
    const why = isUtf8(body) ? 'Unexpected token.' : 'The text is not valid UTF-8.';
    return { json, images: [], problem: invalidArgument(`Invalid JSON payload received. ${why}`) };
  }
  const request = readShape(json);
  if ('refusal' in request) return { json, images: [], problem: request.refusal };
  const problem =
    checkContents(request) ?? checkConfig(request.generationConfig ?? {}, model) ?? checkImages(request);
  return { json, images: describeImages(request), request, problem };
}

function parse(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
