import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Emulator, type FaultName, faults, startEmulator } from '../../src/emulator/index.ts';
import { ask, errorOf, post } from './requests.ts';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const blind = 'The emulator cannot see.';

/** What a schema is answered with, as text. */
async function answerTo(config: object): Promise<string> {
  const reply = await post(emulator, ask([{ text: 'hm' }], { generationConfig: config }));
  const { candidates } = (await reply.json()) as {
    candidates: { content: { parts: { text: string }[] }; finishReason: string }[];
  };
  return candidates[0]?.content.parts.map(({ text }) => text).join('') ?? '';
}

const json = 'application/json';
const openApi = async (responseSchema: object): Promise<unknown> => {
  return JSON.parse(await answerTo({ responseMimeType: json, responseSchema }));
};
const jsonSchema = async (responseJsonSchema: unknown): Promise<unknown> => {
  return JSON.parse(await answerTo({ responseMimeType: json, responseJsonSchema }));
};

const receipt = {
  type: 'OBJECT',
  properties: {
    date: { type: 'STRING', format: 'date-time' },
    vendor: { type: 'STRING' },
    total: { type: 'NUMBER' },
    paid: { type: 'BOOLEAN' },
    note: { type: 'STRING' },
    tags: { type: 'ARRAY', items: { type: 'STRING' } },
  },
  required: ['vendor', 'date', 'total', 'paid', 'tags'],
};

const verdicts = {
  type: 'ARRAY',
  minItems: 3,
  maxItems: 3,
  items: {
    type: 'OBJECT',
    properties: {
      n: { type: 'INTEGER', minimum: 1, maximum: 3 },
      reason: { type: 'STRING' },
      verdict: { type: 'STRING', enum: ['yes', 'no', 'unsure'] },
    },
    required: ['n', 'reason', 'verdict'],
  },
};

const boxes = {
  type: 'ARRAY',
  items: {
    type: 'OBJECT',
    properties: {
      box_2d: { type: 'ARRAY', minItems: 4, maxItems: 4, items: { type: 'INTEGER' } },
      label: { type: 'STRING' },
    },
    required: ['box_2d', 'label'],
  },
};

describe('a schema is answered with the smallest value that fits', () => {
  test('an object has what is required, in the order of its properties', async () => {
    const value = await openApi(receipt);
    expect(value).toEqual({ date: '1970-01-01T00:00:00Z', vendor: blind, total: 0, paid: false, tags: [] });
    expect(Object.keys(value as object)).toEqual(['date', 'vendor', 'total', 'paid', 'tags']);
  });

  test('a choice is unsure where it may be, and numbers count up along a list', async () => {
    expect(await openApi(verdicts)).toEqual([1, 2, 3].map((n) => ({ n, reason: blind, verdict: 'unsure' })));
    expect(await openApi({ type: 'STRING', enum: ['red', 'blue'] })).toBe('red');
  });

  test('nothing is found', async () => {
    expect(await openApi(boxes)).toEqual([]);
  });

  test('whatever its keywords', async () => {
    const rows: readonly (readonly [schema: unknown, value: unknown])[] = [
      [{ type: ['string', 'null'], maxLength: 12 }, 'The emulator'],
      [{ type: 'string', minLength: 30 }, `${blind}......`],
      [{ type: 'integer', minimum: 1.5 }, 2],
      [{ type: 'number', maximum: -3 }, -3],
      [{ type: 'array', minItems: 3, items: { type: 'integer', maximum: 1 } }, [0, 1, 0]],
      [{ const: { a: 1 } }, { a: 1 }],
      [{ anyOf: [{ type: 'null' }, { type: 'string' }] }, null],
      [{ oneOf: [{ type: 'boolean' }] }, false],
      [{ prefixItems: [{ type: 'string' }, { type: 'integer' }], type: 'array' }, [blind, 1]],
      [{ $ref: '#/$defs/a', $defs: { a: { type: 'string', format: 'date' } } }, '1970-01-01'],
      [{ properties: { a: { items: true } } }, { a: [] }],
      [true, blind],
      [{ $ref: '#' }, null],
    ];
    for (const [schema, value] of rows) {
      expect(await jsonSchema(schema), JSON.stringify(schema)).toEqual(value);
    }
  });

  test('whatever a schema asks for, the answer is bounded', async () => {
    const wide = {
      type: 'array',
      minItems: 1e9,
      items: { type: 'array', minItems: 1e9, items: { type: 'string' } },
    };
    expect(JSON.stringify(await jsonSchema(wide)).length).toBeLessThan(1_000_000);
    const deep = { type: 'object', properties: { a: { $ref: '#' }, b: { $ref: '#' } }, required: ['a', 'b'] };
    expect(JSON.stringify(await jsonSchema(deep)).length).toBeLessThan(1_000_000);
  });

  test('by every way to send it', async () => {
    const text = { mimeType: json, schema: { type: 'boolean' } };
    expect(await answerTo({ responseFormat: { text } })).toBe('false');
    expect(
      await answerTo({ responseMimeType: 'text/x.enum', responseSchema: { type: 'STRING', enum: ['a'] } }),
    ).toBe('a');
    expect(JSON.parse(await answerTo({ responseMimeType: json }))).toContain(
      'I am the describe-image emulator',
    );
  });
});

test('a schema that the service would refuse is refused by the place of its fault', async () => {
  const string = { type: 'STRING' };
  const rows: readonly (readonly [schema: object, says: string])[] = [
    [
      { ...string, $schema: 'x' },
      `Unknown name "$schema" at 'generation_config.response_schema': Cannot find field.`,
    ],
    [{ ...string, const: 'a' }, 'Unknown name "const"'],
    [{ type: ['STRING', 'NULL'] }, 'response_schema.type'],
    [{ ...string, enum: [1] }, 'response_schema.enum[0]'],
    [{}, 'response_schema.type: must be specified'],
    [{ type: 'ARRAY' }, 'response_schema.items: missing field.'],
    [{ type: 'object' }, 'response_schema.properties: should be non-empty for OBJECT type'],
    [
      { ...string, format: 'date' },
      "response_schema.format: only 'enum' and 'date-time' are supported for STRING type",
    ],
    [{ type: 'INTEGER', format: 'double' }, "only 'int32' and 'int64'"],
    [{ ...string, enum: ['a', ''] }, 'response_schema.enum[1]: cannot be empty'],
    [
      { type: 'OBJECT', properties: { a: string }, required: ['a', 'b'] },
      'response_schema.required[1]: property is not defined',
    ],
    [
      {
        type: 'OBJECT',
        properties: { list: { type: 'ARRAY', items: { anyOf: [string, { type: 'ARRAY' }] } } },
      },
      'response_schema.properties[list].items.any_of[1].items: missing field.',
    ],
  ];
  for (const [responseSchema, says] of rows) {
    const generationConfig = { responseMimeType: json, responseSchema };
    const { code, message } = await errorOf(
      await post(emulator, ask([{ text: 'hm' }], { generationConfig })),
    );
    expect(code).toBe(400);
    expect(message).toContain(says);
  }
});

describe('a fault of an answer in JSON', () => {
  const spoiled = (name: FaultName, responseSchema: object) => {
    emulator.enqueue(faults[name].reply);
    return answerTo({ responseMimeType: json, responseSchema });
  };

  test('is malformed, cut off or fenced', async () => {
    for (const name of ['data-malformed', 'data-cut'] as const) {
      const text = await spoiled(name, receipt);
      expect(() => JSON.parse(text), name).toThrow(SyntaxError);
    }
    expect(await spoiled('data-fenced', receipt)).toMatch(
      /^Here is the JSON:\n```json\n\{.*\}\n```\nAnything else\?$/,
    );
  });

  test('has a statement too many or too few', async () => {
    const numbers = (text: string) => (JSON.parse(text) as { n: number }[]).map(({ n }) => n);
    expect(numbers(await spoiled('data-extra-item', verdicts))).toEqual([1, 2, 3, 4]);
    expect(numbers(await spoiled('data-missing-item', verdicts))).toEqual([1, 2]);
    const nested = { type: 'OBJECT', properties: { answers: verdicts } };
    expect(JSON.parse(await spoiled('data-missing-item', nested))).toHaveProperty('answers.length', 2);
  });

  test('has a box whose ends are exchanged', async () => {
    expect(JSON.parse(await spoiled('data-inverted-box', boxes))).toEqual([
      { box_2d: [600, 700, 200, 100], label: blind },
    ]);
  });

  test('repeats a digit to the token limit', async () => {
    expect(await spoiled('data-endless-number', verdicts)).toMatch(/^\[\{"n":11{14000}$/);
  });
});
