import { expect, it } from 'vitest';
import { sortArguments } from '../../src/cli/arguments.ts';
import { parseWithCommander } from '../../src/cli/program.ts';
import { spellingsOf } from '../../src/options/parse.ts';
import { eachRow } from '../helpers/rows.ts';

const short = spellingsOf().flatMap((spelling) => spelling.short ?? []);
// Commander's way takes this one for an option even where it stands for a value.
const flags = spellingsOf().flatMap(({ flag }) => (flag === '--sidecar' ? [] : flag));
const others = [
  'photo.jpg',
  'what is this?',
  '',
  '-',
  '--',
  '7',
  '.txt',
  '--model=',
  '--model=a=b',
  '--raw=1',
];
const mistakes = ['-h', '--help', '-V', '--unknown', '--mod', '-vq', '-p=', '-1', '--api-key', '---', '--=x'];

it('sorts a plain command line without commander', () => {
  expect(
    sortArguments(['photo.jpg', '-p', '-', '--stop=a=b', '--stop', '--json', '--no-color', '--', '-v']),
  ).toEqual({
    operands: ['photo.jpg', '-v'],
    given: { prompt: ['-'], stopSequences: ['a=b', '--json'], color: ['no'] },
  });
  expect(sortArguments(['photos', '--sidecar', 'a caption'])).toEqual({
    operands: ['photos', 'a caption'],
    given: { sidecar: ['.txt'] },
  });
});

it('leaves every mistake to commander', () =>
  eachRow(mistakes, (word) => {
    expect(sortArguments(['photo.jpg', word])).toBeUndefined();
  }));

it('sorts every other command line as commander does', () => {
  let sorted = 0;
  let state = 1;
  // The Park-Miller generator, so that a failure can be repeated: https://doi.org/10.1145/63039.63042
  const pick = (from: readonly string[]) => {
    state = (state * 48_271) % 2_147_483_647;
    return from[state % from.length] as string;
  };
  for (let run = 0; run < 900; run++) {
    const args = Array.from({ length: run % 6 }, () =>
      pick([flags, flags, short, others, others][run % 5] ?? others),
    );
    args.push(pick(others), pick(flags), pick(others));
    if (run % 7 === 0) args.unshift('--sidecar');
    const own = sortArguments(args);
    if (own === undefined) continue;
    sorted += 1;
    expect(parseWithCommander(args), JSON.stringify(args)).toEqual({ arguments: own });
  }
  expect(sorted).toBeGreaterThan(300);
});
