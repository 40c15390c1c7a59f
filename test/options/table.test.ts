import { describe, expect, it } from 'vitest';
import { parseOptions, spellingsOf } from '../../src/options/parse.ts';
import type { OptionRow } from '../../src/options/row.ts';
import {
  checkOptions,
  fingerprintParts,
  optionTable,
  requestFields,
  rowsOf,
} from '../../src/options/table.ts';
import { choice, duration, integer, toggle } from '../../src/options/values.ts';
import { eachRow } from '../helpers/rows.ts';

describe('a row is all that an option takes', () => {
  const row: OptionRow = {
    group: 'Model',
    argument: 'number',
    type: integer({ minimum: 1, maximum: 9 }),
    environment: 'DESCRIBE_IMAGE_CANDIDATES',
    request: { path: ['generationConfig', 'thinkingConfig', 'candidateCount'] },
    fingerprint: { place: 'when set' },
    help: 'number of candidates',
  };
  const table = { ...optionTable, candidateCount: row };

  it('is parsed, from a flag before the environment', () => {
    expect(spellingsOf(table).filter(({ name }) => name === 'candidateCount')).toMatchObject([
      { flag: '--candidate-count', isShown: true },
      { flag: '--candidateCount', isShown: false },
    ]);
    const environment = { DESCRIBE_IMAGE_CANDIDATES: '3' };
    expect(parseOptions({}, environment, table)).toEqual({ candidateCount: 3 });
    expect(parseOptions({ candidateCount: ['2', '4'] }, environment, table)).toEqual({ candidateCount: 4 });
    expect(() => parseOptions({ candidateCount: ['10'] }, {}, table)).toThrow('--candidate-count: must be');
    expect(() => parseOptions({}, { DESCRIBE_IMAGE_CANDIDATES: 'x' }, table)).toThrow(
      'DESCRIBE_IMAGE_CANDIDATES: must be',
    );
  });

  it('is checked in the library', () => {
    expect(() => checkOptions({ candidateCount: 10 }, table)).toThrow('`candidateCount` must be');
    expect(() => checkOptions({ candidateCount: '2' }, table)).toThrow('`candidateCount` must be');
    expect(() => checkOptions({ candidateCount: 2 }, table)).not.toThrow();
  });

  it('is in the request beside what is there', () => {
    expect(requestFields({ temperature: 0.5, thinkingBudget: 1, candidateCount: 2 }, table)).toEqual({
      generationConfig: { temperature: 0.5, thinkingConfig: { thinkingBudget: 1, candidateCount: 2 } },
    });
  });

  it('is part of the fingerprint when it is set, and of no other question’s', () => {
    const without = fingerprintParts({ prompt: 'what?' });
    expect(fingerprintParts({ prompt: 'what?' }, table)).toEqual(without);
    expect(fingerprintParts({ prompt: 'what?', candidateCount: 2 }, table)).toEqual([
      ...without,
      ['candidateCount', 2],
    ]);
  });
});

describe('the table', () => {
  it('has a place of its own for everything the first release could ask', () => {
    const places = rowsOf(optionTable).flatMap(([, { fingerprint }]) =>
      typeof fingerprint?.place === 'number' ? [fingerprint.place] : [],
    );
    expect(places.sort((one, other) => one - other)).toEqual(Array.from({ length: 16 }, (_, at) => at + 1));
  });

  it('counts whatever goes into a request as something that changes answers', () => {
    for (const [name, { request, fingerprint }] of rowsOf(optionTable))
      if (request !== undefined) expect(fingerprint, name).toBeDefined();
  });

  it('names conflicts that exist, and no spelling twice', () => {
    const spellings = spellingsOf().flatMap(({ flag, short }) =>
      short === undefined ? [flag] : [flag, short],
    );
    expect(new Set(spellings).size).toBe(spellings.length);
    for (const [name, { conflicts = [] }] of rowsOf(optionTable))
      for (const conflict of conflicts) expect(Object.keys(optionTable), name).toContain(conflict);
  });
});

describe('switches', () => {
  it('the last one counts, however it is given', () =>
    eachRow(
      [
        [{ json: [''] }, { json: true }],
        [{ json: ['', 'no'] }, { json: false }],
        [{ convert: ['no'] }, { convert: false }],
        [{ convert: ['no', ''] }, { convert: true }],
        // What is turned off conflicts with nothing.
        [
          { json: ['', 'no'], raw: [''] },
          { json: false, raw: true },
        ],
      ],
      ([texts, values]) => expect(parseOptions(texts, {})).toEqual(values),
    ));
});

describe('values', () => {
  it('takes durations in seconds as text and in milliseconds from a caller', () => {
    const type = duration({ minimum: 1, maximum: 60_000 });
    expect(type.parse('1.5')).toBe(1500);
    expect(type.check(1500)).toBe(1500);
    expect(() => type.parse('61')).toThrow('from 0.001 to 60');
    expect(() => type.check(61_000)).toThrow('from 1 to 60000');
  });

  it('refuses what is no such number, in a sentence that stays short', () =>
    eachRow(
      [
        Number.NaN,
        Number.POSITIVE_INFINITY,
        0,
        1.5,
        '1',
        null,
        [1],
        {},
        () => 1,
        true,
        10n,
        'x'.repeat(300_000),
      ],
      (value) => {
        const check = () => integer({ minimum: 1, maximum: 9 }).check(value);
        expect(check).toThrow(/^must be a whole number from 1 to 9, not .{1,130}$/);
      },
    ));

  it('knows choices in any case at the command line, and as they are in the library', () => {
    const type = choice(['low', 'high']);
    expect(type.parse('LOW')).toBe('low');
    expect(() => type.check('LOW')).toThrow('one of low, high');
    expect(() => toggle.check('yes')).toThrow('true or false');
  });
});
