import { expect, it } from 'vitest';
import { readReply } from '../../src/api/reply.ts';
import { ApiError, CredentialError, NoAnswerError } from '../../src/errors.ts';

const reply = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});
const parts = (...list: unknown[]) => ({
  candidates: [{ content: { role: 'model', parts: list }, finishReason: 'STOP' }],
});
const error = (code: number, status: string, message: string, ...details: unknown[]) =>
  reply(code, { error: { code, status, message, details } });

it('joins all text parts with nothing between and skips thoughts', async () => {
  const answer = await readReply(
    reply(
      200,
      parts(
        { text: 'Hmm.', thought: true },
        { text: 'A sun' },
        { inlineData: {} },
        { text: 'set' },
        { text: '' },
      ),
    ),
  );
  expect(answer.text).toBe('A sunset');
});

it('keeps the text exactly as it came', async () => {
  expect((await readReply(reply(200, parts({ text: '  a\n\n' })))).text).toBe('  a\n\n');
});

it('reads only the first candidate', async () => {
  const both = {
    candidates: [{ content: { parts: [{ text: 'one' }] } }, { content: { parts: [{ text: 'two' }] } }],
  };
  expect((await readReply(reply(200, both))).text).toBe('one');
});

it('tells what the API told of its answer, and takes missing counts for zero', async () => {
  const answer = await readReply(
    reply(200, {
      ...parts({ text: 'x' }),
      modelVersion: 'gemini-3.8-flash',
      responseId: 'r1',
      usageMetadata: {
        promptTokenCount: 263,
        thoughtsTokenCount: 7,
        totalTokenCount: 271,
        candidatesTokenCount: 'x',
      },
    }),
  );
  expect(answer).toEqual({
    text: 'x',
    finishReason: 'STOP',
    modelVersion: 'gemini-3.8-flash',
    responseId: 'r1',
    usage: {
      promptTokenCount: 263,
      candidatesTokenCount: 0,
      thoughtsTokenCount: 7,
      cachedContentTokenCount: 0,
      totalTokenCount: 271,
    },
  });
});

it('names why there is no text', async () => {
  const cases = [
    [
      'a blocked prompt',
      { promptFeedback: { blockReason: 'SAFETY' } },
      'blocked the prompt or the image (SAFETY)',
      false,
    ],
    [
      'a blocked answer',
      { candidates: [{ finishReason: 'SAFETY' }] },
      'blocked the response (SAFETY)',
      false,
    ],
    [
      'a reason nobody knew',
      { candidates: [{ finishReason: 'NEW_ONE', finishMessage: 'odd' }] },
      'blocked the response (NEW_ONE): odd',
      false,
    ],
    [
      'no parts',
      { candidates: [{ content: { role: 'model' }, finishReason: 'STOP' }] },
      'an empty answer (STOP)',
      true,
    ],
    ['no candidates', { candidates: [] }, 'an empty answer', true],
    ['empty text', parts({ text: '' }), 'an empty answer (STOP)', true],
    ['thoughts only', parts({ text: 'Hmm.', thought: true }), 'thoughts but no answer (STOP)', true],
    [
      'all budget thought away',
      {
        candidates: [{ content: { role: 'model' }, finishReason: 'MAX_TOKENS' }],
        usageMetadata: { thoughtsTokenCount: 64 },
      },
      '64 tokens of thinking used the whole token budget',
      false,
    ],
  ] as const;
  for (const [name, body, message, retryable] of cases) {
    const read = () => readReply(reply(200, body));
    await expect(read, name).rejects.toThrow(NoAnswerError);
    await expect(read, name).rejects.toThrow(message);
    await expect(read, name).rejects.toThrow(expect.objectContaining({ retryable }));
  }
});

it('refuses what is no answer of the API', async () => {
  const cases = [
    ['nothing', '', 'answered with nothing', true],
    ['cut off JSON', '{"candidates":[{"content":{"par', 'something that is not JSON', true],
    ['a web page', '<!doctype html><title>Sign in</title>', 'something that is not JSON', true],
    ['other JSON', { hello: 1 }, 'JSON that is not a response of this API', false],
    ['a number', '7', 'JSON that is not a response of this API', false],
    ['null', 'null', 'JSON that is not a response of this API', false],
  ] as const;
  for (const [name, body, message, retryable] of cases) {
    const read = () => readReply(reply(200, body));
    await expect(read, name).rejects.toThrow(ApiError);
    await expect(read, name).rejects.toThrow(message);
    await expect(read, name).rejects.toThrow(expect.objectContaining({ retryable }));
  }
});

it('reads an error by its HTTP status', async () => {
  const cases = [
    [400, 'INVALID_ARGUMENT', false],
    [400, 'FAILED_PRECONDITION', false],
    [402, 'RESOURCE_EXHAUSTED', false],
    [404, 'NOT_FOUND', false],
    [413, '', false],
    [429, 'RESOURCE_EXHAUSTED', true],
    [408, '', true],
    [500, 'INTERNAL', true],
    [502, '', true],
    [503, 'UNAVAILABLE', true],
    [504, 'DEADLINE_EXCEEDED', true],
    [501, 'UNIMPLEMENTED', false],
  ] as const;
  for (const [code, status, retryable] of cases) {
    const read = () => readReply(error(code, status, 'Because.'));
    await expect(read, String(code)).rejects.toThrow(ApiError);
    await expect(read, String(code)).rejects.toThrow(`(HTTP ${code}${status && ` ${status}`}): Because.`);
    await expect(read, String(code)).rejects.toThrow(expect.objectContaining({ status: code, retryable }));
  }
});

it('knows a refused key', async () => {
  const cases = [
    ['HTTP 401', error(401, 'UNAUTHENTICATED', 'no')],
    ['HTTP 403', error(403, 'PERMISSION_DENIED', 'no')],
    [
      'a bad key, which is an HTTP 400',
      error(400, 'INVALID_ARGUMENT', 'API key not valid.', { reason: 'API_KEY_INVALID' }),
    ],
  ] as const;
  for (const [name, refused] of cases) {
    await expect(() => readReply(refused), name).rejects.toThrow(CredentialError);
  }
});

it('finds what a gateway says', async () => {
  const cases = [
    [
      'an array around it',
      [{ error: { code: 503, status: 'UNAVAILABLE', message: 'Overloaded.' } }],
      'Overloaded.',
    ],
    ['a text as error', { error: 'Overloaded.' }, 'Overloaded.'],
    ['a message alone', { message: 'Overloaded.' }, 'Overloaded.'],
    [
      'a page with a title',
      '<html><head><title>503 Overloaded.</title></head><body>x</body></html>',
      '503 Overloaded.',
    ],
    ['a page without one', '<style>a{}</style><h1>Over</h1>\n<p>loaded.</p>', 'Over loaded.'],
    ['plain text', 'Overloaded.\n', 'Overloaded.'],
  ] as const;
  for (const [name, body, message] of cases) {
    await expect(() => readReply(reply(503, body)), name).rejects.toThrow(`the server failed (HTTP 503`);
    await expect(() => readReply(reply(503, body)), name).rejects.toThrow(message);
  }
});

it('says the status alone where a gateway says nothing', async () => {
  await expect(() => readReply(reply(503, ''))).rejects.toThrow(/^the server failed \(HTTP 503\)$/);
  await expect(() => readReply(reply(503, { x: 1 }))).rejects.toThrow(/^the server failed \(HTTP 503\)$/);
});

it('finds an error that comes with HTTP 200', async () => {
  const inside = { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Slow down.' } };
  await expect(() => readReply(reply(200, inside))).rejects.toThrow(
    expect.objectContaining({ status: 429, retryable: true }),
  );
  await expect(() => readReply(reply(200, [inside]))).rejects.toThrow(
    expect.objectContaining({ status: 429, retryable: true }),
  );
});

it('shortens and cleans whatever a server says, wherever it says it', async () => {
  const odd = `a\u0000\u001b[31m b\n${'x'.repeat(5000)}`;
  const replies = [
    error(400, odd, 'Because.'),
    error(400, 'INVALID_ARGUMENT', odd),
    reply(200, { promptFeedback: { blockReason: odd } }),
    reply(200, { candidates: [{ finishReason: odd }] }),
    reply(200, { candidates: [{ finishReason: 'SAFETY', finishMessage: odd }] }),
  ];
  for (const said of replies) {
    await expect(() => readReply(said)).rejects.toThrow(/a b x{196,296}…/);
    await expect(() => readReply(said)).rejects.toThrow(/^[^\p{Cc}]{1,500}$/u);
  }
});

it('takes an answer of invisible characters alone for an empty one', async () => {
  const cases = [
    ...[
      ' ',
      '\n\t\r\n',
      '\u00a0\u2003\u3000',
      '\u0000\u0007',
      '\u001b',
      '\u001b[0m\u009b1m',
      '\u001b]0;title\u0007',
    ],
    ...[
      '\u200b\u200c\u200d',
      '\ufeff',
      '\u00ad',
      '\u2060',
      '\u202e',
      '\u180e',
      '\u3164',
      '\u115f',
      '\ufe0f',
      '\u2800',
    ],
    ...[
      '\ud800',
      ' \u200b\u001b[1m \u0085\n',
      `\u001b]0;${'x'.repeat(5000)}\u0007`,
      `${' '.repeat(5000)}\u200b`,
    ],
  ] as const;
  for (const text of cases) {
    await expect(() => readReply(reply(200, parts({ text }))), String(text)).rejects.toThrow(NoAnswerError);
    await expect(() => readReply(reply(200, parts({ text }))), String(text)).rejects.toThrow(
      expect.objectContaining({ retryable: true }),
    );
    expect((await readReply(reply(200, parts({ text }, { text: '.' })))).text).toBe(`${text}.`);
  }
});

it('keeps facts of an answer on one line and short, and counts sane', async () => {
  const odd = `v1\u001b[31m\u202e\n${'x'.repeat(1_000_000)}`;
  const answer = await readReply(
    reply(200, {
      candidates: [{ content: { parts: [{ text: 'A sunset.' }] }, finishReason: odd }],
      ...{ modelVersion: odd, responseId: odd },
      usageMetadata: {
        promptTokenCount: 1e308,
        candidatesTokenCount: -1,
        thoughtsTokenCount: 2.5,
        totalTokenCount: '7',
      },
    }),
  );
  for (const fact of [answer.finishReason, answer.modelVersion, answer.responseId])
    expect(fact).toMatch(/^v1 x{197}…$/);
  expect(answer.usage).toEqual({
    promptTokenCount: 0,
    candidatesTokenCount: 0,
    thoughtsTokenCount: 0,
    cachedContentTokenCount: 0,
    totalTokenCount: 0,
  });
  const blank = await readReply(
    reply(200, { ...parts({ text: 'A sunset.' }), modelVersion: '\u200b\n', responseId: 7 }),
  );
  expect(blank).toMatchObject({ modelVersion: null, responseId: null });
});

it('refuses an answer that is far too long, and JSON of far too many values', async () => {
  const text = 'x'.repeat(16 * 1024 * 1024);
  expect((await readReply(reply(200, parts({ text })))).text).toHaveLength(text.length);
  const tooLong = expect.objectContaining({ kind: 'no-answer', retryable: false });
  await expect(() => readReply(reply(200, parts({ text }, { text: 'x' })))).rejects.toThrow(tooLong);
  const many = `{"candidates":[${'{},'.repeat(300_000)}{}]}`;
  await expect(() => readReply(reply(200, many))).rejects.toThrow('something that is not JSON');
  const quoted = { ...parts({ text: 'A sunset.' }), more: '[{,'.repeat(300_000) };
  expect((await readReply(reply(200, quoted))).text).toBe('A sunset.');
});

it('knows the key also where control characters split it', async () => {
  const split = [...'S3CRETkey-0123456789'].join('\u0000');
  for (const said of [
    error(400, 'X', split),
    reply(200, { candidates: [{ finishReason: 'SAFETY', finishMessage: split }] }),
  ]) {
    await expect(() => readReply(said, 'S3CRETkey-0123456789')).rejects.toThrow(/: \[key\]$/);
  }
});

it('knows the key also where a page marks a part of it or lets a line break in it', async () => {
  const page = '<p>No <b>S3CRETkey</b>-<wbr>0123<span class="x">456</span>789</p><p>Sorry.';
  await expect(readReply(reply(500, page), 'S3CRETkey-0123456789')).rejects.toThrow(/: No \[key\] Sorry\.$/);
});

it('shortens a long message', async () => {
  await expect(() => readReply(error(400, 'INVALID_ARGUMENT', 'x'.repeat(5000)))).rejects.toThrow(/x{300}…$/);
});

it('reads how long the server asks to wait', async () => {
  const cases = [
    ['RetryInfo', error(429, 'RESOURCE_EXHAUSTED', 'slow', { retryDelay: '45.837906927s' }), 45_838],
    ['Retry-After', reply(503, '', { 'retry-after': '7' }), 7000],
    [
      'quotaResetDelay',
      error(429, 'RESOURCE_EXHAUSTED', 'slow', { metadata: { quotaResetDelay: '1m2.5s' } }),
      62_500,
    ],
    [
      'RetryInfo before quotaResetDelay',
      error(429, 'X', 'slow', { metadata: { quotaResetDelay: '9s' }, retryDelay: '3s' }),
      3000,
    ],
    ['a message', error(429, 'X', 'Quota exceeded for requests, limit: 5.\nPlease retry in 41.25s.'), 41_250],
    ['a message in words', error(503, 'X', 'Busy; try again after 2 minutes and 5 seconds'), 125_000],
    ['a message in milliseconds', error(429, 'X', 'Please retry your request in 750ms.'), 750],
    ['a message in hours', error(429, 'X', 'Your quota will reset after 1h0m3s.'), 3_603_000],
    ['RetryInfo before the message', error(429, 'X', 'Retry in 9s.', { retryDelay: '3s' }), 3000],
    ['Retry-After before the message', reply(429, { message: 'Retry in 9s.' }, { 'retry-after': '3' }), 3000],
    ['a message without a unit', error(429, 'X', 'Retry after 12 or never.'), undefined],
    ['a message about something else', error(429, 'X', 'Limit 5 in 60s.'), undefined],
    ['neither', reply(503, ''), undefined],
    ['nonsense', reply(503, '', { 'retry-after': 'soon' }), undefined],
  ] as const;
  for (const [name, busy, retryAfterMs] of cases) {
    await expect(readReply(busy), name).rejects.toThrow(expect.objectContaining({ retryAfterMs }));
  }
});

it('knows that money is used up', async () => {
  const cases = [
    [402, 'Payment required.', {}],
    [429, 'The prepaid credits of this project have been used up.', {}],
    [429, 'Project 1 has exceeded its monthly spending cap.', {}],
    [429, 'Billing hard limit has been reached', {}],
    [429, 'You exceeded your current quota.', { code: 'insufficient_quota' }],
    [429, 'Slow down.', { type: 'insufficient-credits' }],
    [400, 'Your credit balance is too low to access this API.', {}],
    [403, 'Not enough credits to run this model', {}],
  ] as const;
  for (const [code, message, more] of cases) {
    const read = () => readReply(reply(code, { error: { code, message, ...more } }));
    await expect(read, String(code)).rejects.toThrow(ApiError);
    await expect(read, String(code)).rejects.toThrow(
      expect.objectContaining({
        retryable: false,
        concernsAll: true,
        hint: expect.stringContaining('Add credit'),
      }),
    );
  }
});

it('does not take a rate limit for money that is used up', async () => {
  const cases = [
    'You exceeded your current quota, please check your plan and billing details.',
    'Quota exceeded for metric: input_token_count, limit: 250000',
    'Too many requests from this account; the limit is 60 a minute.',
  ] as const;
  for (const message of cases) {
    await expect(() => readReply(error(429, 'RESOURCE_EXHAUSTED', message)), message).rejects.toThrow(
      expect.objectContaining({ retryable: true, concernsAll: false }),
    );
  }
});

it('knows a refused key by its message alone', async () => {
  const cases = [
    'API key not valid. Please pass a valid API key.',
    'API key expired. Please renew it.',
    'Api Key not found.',
    'Invalid api_key provided',
  ] as const;
  for (const message of cases) {
    await expect(() => readReply(reply(400, { error: { code: 400, message } })), message).rejects.toThrow(
      CredentialError,
    );
  }
});

it('knows whether an HTTP 400 concerns all images', async () => {
  const cases = [
    ['FAILED_PRECONDITION', 'Enable billing.', true],
    ['', 'User location is not supported for this.', true],
    ['INVALID_ARGUMENT', 'The key "temperature" is not valid here.', false],
  ] as const;
  for (const [status, message, concernsAll] of cases) {
    const read = () => readReply(error(400, status, message));
    await expect(read, String(status)).rejects.toThrow(ApiError);
    await expect(read, String(status)).rejects.toThrow(
      expect.objectContaining({ concernsAll, retryable: false }),
    );
  }
});

it('reads an answer without candidates as an empty one', async () => {
  const cases = [
    [{ usageMetadata: { promptTokenCount: 5 } }],
    [{ modelVersion: 'gemini-2.5-pro' }],
    [{ responseId: 'r1' }],
  ] as const;
  for (const [body] of cases) {
    await expect(() => readReply(reply(200, body)), String(body)).rejects.toThrow(NoAnswerError);
    await expect(() => readReply(reply(200, body)), String(body)).rejects.toThrow(
      expect.objectContaining({ retryable: true }),
    );
  }
});

it('knows a daily quota, and does not try again', async () => {
  const cases = [
    [
      'quotaId',
      { violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }] },
      'Quota exceeded.',
    ],
    ['limit 0', {}, 'Quota exceeded for metric: requests, limit: 0, model: gemini-2.5-pro'],
    ['limit 0 at the end of a long message', {}, `${'You exceeded your quota. '.repeat(20)}limit: 0`],
  ] as const;
  for (const [name, detail, message] of cases) {
    const read = () => readReply(error(429, 'RESOURCE_EXHAUSTED', message, detail));
    await expect(read, name).rejects.toThrow(
      expect.objectContaining({ retryable: false, hint: expect.stringContaining('midnight Pacific') }),
    );
  }
});
