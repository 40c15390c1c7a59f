import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/index.ts';
import { ask, base64, errorOf, good, imagePart, path, post } from './requests.ts';

let emulator: Emulator;
let keyed: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
  keyed = await startEmulator({ apiKeys: ['right'], models: ['tunedModels/mine', 'models/house'] });
});
afterAll(() => Promise.all([emulator.close(), keyed.close()]));

const jpeg = base64('jfif.jpg');
const text = { text: 'what is this?' };
const inline = (mime_type: unknown, data: unknown) => ask([text, { inline_data: { mime_type, data } }]);
const config = (generationConfig: unknown) => ask([text], { generationConfig });
const nested = (depth: number): object =>
  depth === 0 ? { type: 'STRING' } : { type: 'ARRAY', items: nested(depth - 1) };

test('a body that the service would refuse gets its 400', async () => {
  const rows: readonly (readonly [name: string, body: unknown, message: RegExp])[] = [
    ['nothing at all', '', /^Invalid JSON payload received\. Unexpected token/],
    ['JSON that is cut off', '{"contents":[{"role":"user"', /^Invalid JSON payload received/],
    ['JSON with a byte order mark', `\ufeff${JSON.stringify(good)}`, /^Invalid JSON payload received/],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /not valid UTF-8/],
    ['an array', [], /Root element must be a message/],
    [
      'contents that are no list',
      { contents: { parts: [text] } },
      /Invalid value at 'contents' \(repeated field\)/,
    ],
    [
      'a content that is a list',
      { contents: [[]] },
      /Unknown name "contents\[0\]": Proto field is not repeating/,
    ],
    [
      'a content that is text',
      { contents: ['hello'] },
      /Invalid value at 'contents\[0\]' \(type\.googleapis\.com.*Content\), "hello"/,
    ],
    [
      'a role that does not exist',
      { contents: [{ role: 'assistant', parts: [text] }] },
      /Please use a valid role: user, model\./,
    ],
    ['no parts', { contents: [{ role: 'user' }] }, /contents\[0\]\.parts: contents\.parts must not be empty/],
    ['empty parts', ask([]), /contents\.parts must not be empty/],
    ['an empty part', ask([{}]), /contents\[0\]\.parts\[0\]\.data: required oneof field 'data'/],
    ['an empty text', ask([{ text: '' }]), /required oneof field 'data'/],
    ['a text that is a number', ask([{ text: 5 }]), /'contents\[0\]\.parts\[0\]\.text' \(TYPE_STRING\), 5/],
    [
      'text and image in one part',
      ask([{ ...text, ...imagePart('jfif.jpg', 'image/jpeg') }]),
      /\(oneof\), oneof field 'data' is already set\. Cannot set 'inline_data'/,
    ],
    [
      'both spellings of one name',
      ask([{ inlineData: {}, inline_data: {} }]),
      /Unknown name "inline_data" at 'contents\[0\]\.parts\[0\]': The field is set twice/,
    ],
    [
      'an unknown name at the top',
      { ...good, temperature: 1 },
      /^Invalid JSON payload received\. Unknown name "temperature": Cannot find field\.$/,
    ],
    [
      'an unknown name below',
      config({ temprature: 1 }),
      /Unknown name "temprature" at 'generation_config': Cannot find field\./,
    ],
    [
      'an unknown name in an image',
      ask([{ inlineData: { mimetype: 'image/png', data: jpeg } }]),
      /Unknown name "mimetype" at 'contents\[0\]\.parts\[0\]\.inline_data'/,
    ],
    ['a name of the language', ask([text], JSON.parse('{"__proto__":1}')), /Unknown name "__proto__"/],
    ['image/jpg', inline('image/jpg', jpeg), /^Unsupported MIME type: image\/jpg$/],
    ['no type', ask([text, { inline_data: { data: jpeg } }]), /^Unsupported MIME type: $/],
    ['bytes of another type', ask([imagePart('rgb.png', 'image/jpeg')]), /^Unable to process input image\./],
    [
      'an AVIF declared as HEIC',
      ask([imagePart('photo.avif', 'image/heic')]),
      /^Unable to process input image\./,
    ],
    ['no data', ask([text, { inline_data: { mime_type: 'image/jpeg' } }]), /inline_data\.data/],
    ['data that is a list of bytes', inline('image/jpeg', [255, 216]), /\(TYPE_BYTES\), \[255,216\]/],
    [
      'six stop sequences',
      config({ stopSequences: ['a', 'b', 'c', 'd', 'e', 'f'] }),
      /at most 5 stop_sequences/,
    ],
    ['an empty stop sequence', config({ stopSequences: [''] }), /stop_sequences must not be empty/],
    [
      'a seed beyond 32 bits',
      config({ seed: 2_147_483_648 }),
      /'generation_config\.seed' \(TYPE_INT32\), 2147483648/,
    ],
    [
      'an unknown answer type',
      config({ responseMimeType: 'text/html' }),
      /response_mime_type: allowed mimetypes are/,
    ],
    [
      'a schema without a JSON answer',
      config({ responseSchema: { type: 'OBJECT' } }),
      /response_mime_type must be/,
    ],
    [
      'two schemas',
      config({ responseMimeType: 'application/json', responseSchema: {}, responseJsonSchema: {} }),
      /only one of response_schema/,
    ],
    [
      'a JSON Schema word in an OpenAPI schema',
      config({
        responseMimeType: 'application/json',
        responseSchema: { properties: { a: { additionalProperties: false } } },
      }),
      /Unknown name "additionalProperties" at 'generation_config\.response_schema\.properties\[0\]\.value'/,
    ],
    [
      'a schema without a floor',
      config({ responseMimeType: 'application/json', responseSchema: nested(200) }),
      /^Message too deep/,
    ],
    [
      'a thinking budget of 0 for a model that always thinks',
      config({ thinkingConfig: { thinkingBudget: 0 } }),
      /The thinking budget 0 is invalid for gemini-2\.5-pro/,
    ],
    [
      'a thinking budget beyond the model',
      config({ thinkingConfig: { thinkingBudget: 32_769 } }),
      /The thinking budget 32769 is invalid/,
    ],
    [
      'thinking budget and level',
      config({ thinkingConfig: { thinkingBudget: 0, thinkingLevel: 'low' } }),
      /only one of thinking budget and thinking level/,
    ],
    [
      'thinking in the wrong place',
      config({ thinkingBudget: 0 }),
      /Unknown name "thinkingBudget" at 'generation_config'/,
    ],
    [
      'an unknown threshold',
      ask([text], { safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'ALL' }] }),
      /HarmBlockThreshold/,
    ],
    [
      'an image as system instruction',
      ask([text], { systemInstruction: { parts: [imagePart('jfif.jpg', 'image/jpeg')] } }),
      /system_instruction supports text parts only/,
    ],
    [
      'a text as system instruction',
      ask([text], { systemInstruction: 'Be brief.' }),
      /'system_instruction' \(type\.googleapis\.com.*Content\), "Be brief\."/,
    ],
    ['an empty system instruction', ask([text], { systemInstruction: {} }), /system_instruction\.parts/],
    [
      'a file without its address',
      ask([{ fileData: { mimeType: 'image/png' } }]),
      /file_data\.file_uri must not be empty/,
    ],
    ['too many images', ask(Array(3601).fill(imagePart('bare.jpg', 'image/jpeg'))), /at most 3600/],
  ];
  for (const [name, body, message] of rows) {
    const reply = await post(emulator, body);
    expect(reply.status, name).toBe(400);
    const error = await errorOf(reply);
    expect(error, name).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    expect(error.message, name).toMatch(message);
    expect(error.message.length, name).toBeLessThan(400);
  }
});

describe('a request that is wrong before its body', () => {
  const bearer = { authorization: 'Bearer right' };
  type Init = RequestInit & { path?: string };
  const rows: readonly [name: string, init: Init, code: number, status: string, message: RegExp][] = [
    ['403 without a credential', { path }, 403, 'PERMISSION_DENIED', /unregistered callers/],
    ['403 with an empty key', { path: `${path}?key=` }, 403, 'PERMISSION_DENIED', /unregistered callers/],
    [
      '400 for two keys',
      { path: `${path}?key=right&key=right` },
      400,
      'INVALID_ARGUMENT',
      /Multiple authentication/,
    ],
    [
      '400 for key and header',
      { path: `${path}?key=right`, headers: { 'x-goog-api-key': 'right' } },
      400,
      'INVALID_ARGUMENT',
      /Multiple authentication/,
    ],
    [
      '400 for key and token',
      { path: `${path}?key=right`, headers: bearer },
      400,
      'INVALID_ARGUMENT',
      /Multiple authentication/,
    ],
    ['400 for a wrong key', { path: `${path}?key=wrong` }, 400, 'INVALID_ARGUMENT', /^API key not valid/],
    [
      '400 for a wrong key in the header',
      { path, headers: { 'x-goog-api-key': 'wrong' } },
      400,
      'INVALID_ARGUMENT',
      /^API key not valid/,
    ],
    [
      '401 for a wrong token',
      { path, headers: { authorization: 'Bearer wrong' } },
      401,
      'UNAUTHENTICATED',
      /invalid authentication credentials/,
    ],
    [
      '401 for a name and password',
      { path, headers: { authorization: 'Basic cmlnaHQ6cmlnaHQ=' } },
      401,
      'UNAUTHENTICATED',
      /invalid authentication credentials/,
    ],
    [
      '400 for another type',
      { path, headers: { ...bearer, 'content-type': 'text/plain' } },
      400,
      'INVALID_ARGUMENT',
      /Content-Type/,
    ],
    [
      '400 for an unknown parameter',
      { path: `${path}?key=right&temperature=1` },
      400,
      'INVALID_ARGUMENT',
      /Unknown name "temperature": Cannot bind query parameter/,
    ],
    [
      '404 for an unknown model',
      { path: '/v1beta/models/gemini-9:generateContent', headers: bearer },
      404,
      'NOT_FOUND',
      /^models\/gemini-9 is not found for API version v1beta, or is not supported for generateContent/,
    ],
    [
      '404 for a tuned model of others',
      { path: '/v1/tunedModels/yours:generateContent', headers: bearer },
      404,
      'NOT_FOUND',
      /^tunedModels\/yours is not found for API version v1,/,
    ],
    [
      '404 for a model that is not tuned',
      { path: '/v1/tunedModels/gemini-2.5-pro:generateContent', headers: bearer },
      404,
      'NOT_FOUND',
      /^tunedModels\/gemini-2\.5-pro is not found/,
    ],
    [
      '404 for an unknown version',
      { path: '/v2/models/gemini-2.5-pro:generateContent' },
      404,
      'NOT_FOUND',
      /Method not found/,
    ],
    [
      '404 for models twice',
      { path: '/v1beta/models/models/gemini-2.5-pro:generateContent' },
      404,
      'NOT_FOUND',
      /Method not found/,
    ],
    [
      '404 for an unknown action',
      { path: path.replace('generate', 'make') },
      404,
      'NOT_FOUND',
      /Method not found/,
    ],
    ['404 for a broken escape', { path: path.replace('pro', '%zz') }, 404, 'NOT_FOUND', /Method not found/],
    ['405 for another method', { path, method: 'PUT', headers: bearer }, 405, 'UNIMPLEMENTED', /only POST/],
    [
      '501 for what is not emulated',
      { path: path.replace('generateContent', 'countTokens') },
      501,
      'UNIMPLEMENTED',
      /does not do countTokens/,
    ],
  ];

  test('gets the status and the words of the service', async () => {
    for (const [name, init, code, status, message] of rows) {
      const reply = await post(keyed, good, init);
      expect(reply.status, name).toBe(code);
      const error = await errorOf(reply);
      expect(error, name).toMatchObject({ code, status });
      expect(error.message, name).toMatch(message);
    }
  });

  test('gets a reason for programs where the key is wrong', async () => {
    const { details } = await errorOf(await post(keyed, good, { path: `${path}?key=wrong` }));
    expect(details?.map(({ reason }) => reason)).toContain('API_KEY_INVALID');
  });

  test('gets every violation at once, each with its field', async () => {
    const reply = await post(emulator, {
      contents: [{ role: 5, part: [] }],
      generationConfig: { topP: 'x' },
    });
    const { message, details } = await errorOf(reply);
    expect(message.split('\n')).toHaveLength(3);
    expect(details?.[0]?.fieldViolations?.map(({ field }) => field)).toEqual([
      'contents[0].role',
      'contents[0]',
      'generation_config.top_p',
    ]);
  });
});

test('a request that nothing is wrong with is answered', async () => {
  const header = { 'x-goog-api-key': 'right' };
  const rows: readonly [name: string, body: unknown, init: RequestInit & { path?: string }][] = [
    ['a key in the query', good, { path: `${path}?key=right` }],
    ['a key in the header', good, { path, headers: header }],
    ['a token', good, { path, headers: { authorization: 'Bearer right' } }],
    [
      'a character set',
      good,
      { path, headers: { ...header, 'content-type': 'application/json; charset=utf-8' } },
    ],
    ['version v1', good, { path: path.replace('v1beta', 'v1'), headers: header }],
    ['a model of the house', good, { path: path.replace('gemini-2.5-pro', 'house'), headers: header }],
    ['a tuned model', good, { path: '/v1beta/tunedModels/mine:generateContent', headers: header }],
    [
      'the path of Vertex AI',
      good,
      {
        path: '/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-pro:generateContent',
        headers: header,
      },
    ],
    [
      'its express mode',
      good,
      { path: '/v1/publishers/google/models/gemini-2.5-pro:generateContent', headers: header },
    ],
    [
      'camel case',
      ask([text, { inlineData: { mimeType: 'image/jpeg', data: jpeg } }]),
      { path, headers: header },
    ],
    ['no role', { contents: [{ parts: [text] }] }, { path, headers: header }],
    [
      'a conversation',
      {
        contents: [
          { role: 'user', parts: [text] },
          { role: 'model', parts: [{ text: 'A boat.', thought: false }] },
          { role: 'user', parts: [text] },
        ],
      },
      { path, headers: header },
    ],
    ['an empty generationConfig', config({}), { path, headers: header }],
    [
      'the edges of every range',
      config({
        temperature: 2,
        topP: 0,
        topK: 1,
        maxOutputTokens: 1,
        seed: -2_147_483_648,
        stopSequences: ['a', 'b', 'c', 'd', 'e'],
        thinkingConfig: { thinkingBudget: -1, includeThoughts: true },
      }),
      { path, headers: header },
    ],
    [
      'a level in small letters',
      config({ thinkingConfig: { thinkingLevel: 'low' }, mediaResolution: 'MEDIA_RESOLUTION_LOW' }),
      { path, headers: header },
    ],
    [
      'snake case throughout',
      {
        contents: [{ parts: [text] }],
        system_instruction: { parts: [text] },
        generation_config: {
          top_p: 1,
          response_mime_type: 'application/json',
          response_json_schema: { type: 'object', anything: true },
        },
        safety_settings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
      },
      { path, headers: header },
    ],
    [
      'a schema of its own kind',
      config({
        responseMimeType: 'application/json',
        responseSchema: {
          type: 'OBJECT',
          properties: { a: { type: 'ARRAY', items: { type: 'STRING' } } },
          required: ['a'],
        },
      }),
      { path, headers: header },
    ],
    ['HEIC declared as HEIF', ask([imagePart('photo.heic', 'image/heif')]), { path, headers: header }],
    ['HEIF declared as HEIC', ask([imagePart('mif1.heif', 'image/heic')]), { path, headers: header }],
    [
      'the address of a file',
      ask([{ fileData: { mimeType: 'image/png', fileUri: 'files/abc' } }]),
      { path, headers: header },
    ],
  ];
  for (const [name, body, init] of rows) {
    const reply = await post(keyed, body, init);
    expect(await reply.json(), name).toHaveProperty('candidates');
    expect(reply.status, name).toBe(200);
  }
});
