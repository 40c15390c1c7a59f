import { afterAll, beforeAll, expect, test } from 'vitest';
import { enums, messages, ranges } from '../../src/emulator/api-description.ts';
import { type Emulator, startEmulator } from '../../src/emulator/index.ts';
import { ask, errorOf, imagePart, post } from './requests.ts';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const text = { text: 'what is this?' };
const config = (generationConfig: object) => ask([text], { generationConfig });
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The same JSON with every name in snake case. */
function inSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSnakeCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snake(name), inSnakeCase(inner)]));
}

/** Written from https://ai.google.dev/api/generate-content, not from the description that is tested. */
const everything = {
  model: 'models/gemini-2.5-pro',
  contents: [
    {
      role: 'user',
      parts: [
        text,
        { ...imagePart('jfif.jpg', 'image/jpeg'), mediaResolution: { level: 'MEDIA_RESOLUTION_ULTRA_HIGH' } },
        { fileData: { mimeType: 'image/png', fileUri: 'files/abc' }, videoMetadata: { fps: 0.5 } },
        { text: 'thinking', thought: true, thoughtSignature: 'AAAA', partMetadata: { any: 'thing' } },
        { functionCall: { id: '1', name: 'now', args: {} } },
        { functionResponse: { id: '1', name: 'now', response: { time: 12 } } },
        { executableCode: { language: 'PYTHON', code: '1' } },
        { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
      ],
    },
  ],
  systemInstruction: { parts: [text] },
  safetySettings: [{ category: 'HARM_CATEGORY_CIVIC_INTEGRITY', threshold: 'OFF' }],
  tools: [{ functionDeclarations: [{ name: 'now', parameters: { type: 'OBJECT' } }] }, { googleSearch: {} }],
  toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
  cachedContent: 'cachedContents/abc',
  serviceTier: 'flex',
  store: false,
  generationConfig: {
    temperature: 0.2,
    topP: 0.9,
    topK: 40,
    candidateCount: 1,
    maxOutputTokens: 256,
    stopSequences: ['END'],
    seed: 7,
    presencePenalty: 0.5,
    frequencyPenalty: -0.5,
    responseMimeType: 'application/json',
    responseSchema: {
      type: 'OBJECT',
      title: 'A receipt',
      description: 'What stands on it.',
      propertyOrdering: ['vendor', 'items'],
      required: ['vendor'],
      minProperties: 1,
      maxProperties: '2',
      properties: {
        vendor: { type: 'string', nullable: true, format: 'enum', enum: ['a'], minLength: '1', maxLength: 9 },
        items: { type: 'ARRAY', minItems: 0, maxItems: '9', items: { anyOf: [{ type: 'NUMBER' }] } },
        total: { type: 'NUMBER', minimum: 0, maximum: 9.5, default: 1, example: 2, pattern: '' },
      },
    },
    responseModalities: ['TEXT'],
    responseLogprobs: true,
    logprobs: 3,
    enableEnhancedCivicAnswers: true,
    mediaResolution: 'MEDIA_RESOLUTION_HIGH',
    thinkingConfig: { thinkingBudget: 128, includeThoughts: true },
    speechConfig: { languageCode: 'en-US' },
    imageConfig: { aspectRatio: '1:1', imageSize: '2K' },
  },
};

test('every field of a request is accepted, in camel case and in snake case', async () => {
  for (const body of [everything, inSnakeCase(everything)]) {
    const reply = await post(emulator, body);
    expect(await reply.json()).toHaveProperty('candidates');
  }
});

test('a schema is accepted under each of its names', async () => {
  const schema = { type: 'object', $schema: 'x', additionalProperties: false, anything: { goes: [1] } };
  const responseMimeType = 'application/json';
  for (const settings of [
    { responseMimeType, responseJsonSchema: schema },
    { responseMimeType, response_json_schema: schema },
    { responseMimeType, _responseJsonSchema: schema },
    { responseFormat: { text: { mimeType: responseMimeType, schema } } },
  ]) {
    expect((await post(emulator, config(settings))).status, Object.keys(settings).join()).toBe(200);
  }
});

test('every type that is named is described', () => {
  const scalars = ['string', 'bool', 'float', 'int32', 'int64', 'bytes', 'any', 'object'];
  const known = new Set([...scalars, ...messages.keys(), ...Object.keys(enums)]);
  for (const [message, fields] of messages) {
    for (const [name, type] of fields)
      expect(known, `${message}.${name}`).toContain(type.replace(/\W\W$/, ''));
  }
});

test('a value of another type is refused at every field, by the name of the field', async () => {
  const wrong = { string: 5, bool: 'true', float: '1', int32: 1.5, object: [] };
  for (const [name, type] of messages.get('GenerationConfig') ?? []) {
    if (type === 'any') continue;
    for (const value of [wrong[type as keyof typeof wrong] ?? 'NONSENSE', null]) {
      const { code, message } = await errorOf(await post(emulator, config({ [name]: value })));
      expect(code, name).toBe(400);
      expect(message).toContain(`Invalid value at 'generation_config.${snake(name)}' (`);
    }
  }
});

test('a number is accepted at the ends of its range and refused beyond them', async () => {
  expect(Object.keys(ranges)).toEqual([
    'temperature',
    'topP',
    'topK',
    'maxOutputTokens',
    'candidateCount',
    'logprobs',
  ]);
  for (const [name, [least, greatest]] of Object.entries(ranges)) {
    const step = messages.get('GenerationConfig')?.get(name) === 'float' ? 0.01 : 1;
    const top = Math.min(greatest, 2_147_483_647);
    for (const value of [least, top]) {
      expect((await post(emulator, config({ [name]: value }))).status, `${name} ${value}`).toBe(200);
    }
    for (const value of [least - step, greatest + step].filter(Number.isFinite)) {
      const { message } = await errorOf(await post(emulator, config({ [name]: value })));
      expect(message).toContain(`generation_config.${snake(name)}: ${snake(name)} must be`);
    }
  }
});

test('base64 is accepted in its one canonical spelling', async () => {
  const data = imagePart('jfif.jpg', 'image/jpeg').inline_data.data;
  const others = [
    '',
    `data:image/jpeg;base64,${data}`,
    data.replace(/.{76}/g, '$&\n'),
    ` ${data}`,
    '/9j/4A', // without padding
    '/9j/4A==/9j/4A==', // padding in the middle
    '_9j_4AAA', // the alphabet of URLs
    '/9j/4B==', // bits left over
    'é'.repeat(4000),
  ];
  for (const other of others) {
    const body = ask([text, { inline_data: { mime_type: 'image/jpeg', data: other } }]);
    const { message } = await errorOf(await post(emulator, body));
    expect(message).toMatch(
      /^Invalid value at 'contents\[0\]\.parts\[1\]\.inline_data\.data' \(TYPE_BYTES\), Base64 decoding failed for "/,
    );
  }
});

test('a body of very many values, or very deep, is refused before it is parsed', async () => {
  const many = 3_000_000;
  const quoted = JSON.stringify({ text: '{[,"\\'.repeat(100_000) });
  const bodies: readonly (readonly [body: string, says: string])[] = [
    [`{${'"a":1,'.repeat(many)}"a":1}`, 'at most 100000 JSON values'],
    [`[${'{},'.repeat(many)}{}]`, 'at most 100000 JSON values'],
    [`[${'1,'.repeat(many)}1]`, 'at most 100000 JSON values'],
    ['['.repeat(many), 'Message too deep'],
    ['{"a":'.repeat(many), 'Message too deep'],
    [`{"unknown":${quoted}}`, 'Unknown name "unknown"'], // What stands in a string does not count.
    [`{${'"a":1,'.repeat(1)}"${'é'.repeat(many)}":1}`, 'Unknown name "éééé'],
  ];
  for (const [body, says] of bodies) {
    const { message } = await errorOf(await post(emulator, body));
    expect(message).toContain(says);
    expect(message.length).toBeLessThan(400);
  }
});

test('of very many violations, the first hundred are listed', async () => {
  const names = Array.from({ length: 90_000 }, (_, index) => `"unknown${index}":1`);
  const { message, details } = await errorOf(await post(emulator, `{${names.join()}}`));
  expect(message.split('\n')).toHaveLength(100);
  expect(details?.[0]?.fieldViolations).toHaveLength(100);
});
