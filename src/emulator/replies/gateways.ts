import type { Fault } from '../types.ts';
import { page } from './build.ts';

const quota = 'Resource has been exhausted (e.g. check quota).';

/** What stands between a client and the service says these in forms of its own. */
export const gateways = {
  'too-large': {
    about: '413, a web page from a proxy, sent before the body has arrived',
    reply: { ...page(413, nginxPage('413 Request Entity Too Large')), isEarly: true },
  },
  'retry-after': {
    about: '429, plain text and the header Retry-After: 1',
    reply: { status: 429, headers: { 'retry-after': '1' }, body: 'Too many requests\n' },
  },
  'bad-gateway': {
    about: '502, a web page from a proxy',
    reply: page(502, nginxPage('502 Bad Gateway')),
  },
  html: {
    about: '200, the login page of a network',
    reply: page(
      200,
      '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Sign in to continue</title></head>\n<body><h1>Guest network</h1><form method="post" action="/login"><input name="email"><button>Sign in</button></form></body>\n</html>\n',
    ),
  },
  'plain-text': {
    about: '503, plain text from a proxy',
    reply: {
      status: 503,
      body: 'upstream connect error or disconnect/reset before headers. reset reason: connection timeout',
    },
  },
  'empty-body': { about: '200 with nothing in it', reply: { status: 200 } },
  'invalid-json': {
    about: '200 with JSON that ends in the middle',
    reply: {
      headers: { 'content-type': 'application/json; charset=UTF-8' },
      body: '{\n  "candidates": [\n    {\n      "content": {\n        "parts": [\n          {\n            "text": "A small boat on',
    },
  },
  'array-error': {
    about: '429, the error inside an array',
    reply: { status: 429, body: [{ error: { code: 429, message: quota, status: 'RESOURCE_EXHAUSTED' } }] },
  },
  'text-error': {
    about: '502, {"error":"text"} from a gateway',
    reply: { status: 502, body: { error: 'upstream provider returned an error' } },
  },
  'error-in-200': {
    about: '200 with an error inside',
    reply: {
      body: {
        error: {
          code: 503,
          message: 'The model is overloaded. Please try again later.',
          status: 'UNAVAILABLE',
        },
      },
    },
  },
} as const satisfies Record<string, Fault>;

function nginxPage(title: string): string {
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
}
