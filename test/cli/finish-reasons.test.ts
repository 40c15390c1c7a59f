import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { honest } from '../../src/emulator/index.ts';
import { describeImage, describeImages, NoAnswerError } from '../../src/index.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { temporaryFolder } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { runProgram } from '../helpers/program.ts';
import { eachRow } from '../helpers/rows.ts';

const emulator = useEmulator();
const sunset = fixture('sunset.jpg');
const ask = (...argv: string[]) =>
  runProgram([...argv, '-p', 'caption'], {
    environment: { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url },
  });
const library = () => ({ apiKey: 'test-key', baseUrl: emulator.url, retries: 0, concurrency: 1 });

/** A reply with this text that ended for this reason. */
const ended = (finishReason: string | undefined, text = 'A harbour at', more: object = {}) => ({
  body: { candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason }], ...more },
});
const cut = (text?: string) => ended('MAX_TOKENS', text);

describe('an answer that was cut off at the token limit', () => {
  it.each(['MAX_TOKENS', 'max_tokens'])(
    'is printed, and is an error even when quiet, with 8: %s',
    async (reason) => {
      emulator.enqueue(ended(reason), ended(reason));
      for (const more of [[], ['--quiet']]) {
        const { exitCode, stdout, stderr } = await ask(sunset, ...more);
        expect({ exitCode, stdout }).toEqual({ exitCode: 8, stdout: 'A harbour at\n' });
        expect(stderr).toMatch(
          /^describe-image: \S*sunset\.jpg: .*\(MAX_TOKENS\)\n.*--max-output-tokens.*\n$/,
        );
      }
    },
  );

  it('is told in JSON, and leaves a reply untouched with --raw', async () => {
    emulator.enqueue(cut(), cut());
    const { exitCode, stdout } = await ask(sunset, '--json', '-q');
    expect(exitCode).toBe(8);
    expect(JSON.parse(stdout)).toMatchObject({ text: 'A harbour at', finishReason: 'MAX_TOKENS' });
    const raw = await ask(sunset, '--raw', '-q');
    expect(raw.exitCode).toBe(8);
    expect(JSON.parse(raw.stdout)).toEqual(cut().body);
  });

  it('is one about several images together, too', async () => {
    emulator.enqueue(cut());
    const { exitCode, stdout, stderr } = await ask(sunset, fixture('images/rgb.png'), '--together', '-q');
    expect({ exitCode, stdout }).toEqual({ exitCode: 8, stdout: 'A harbour at\n' });
    expect(stderr).toContain('2 images: ');
  });

  it('is counted for itself in a batch, which ends with 8 where nothing failed', async () => {
    emulator.enqueue(honest, cut(), cut());
    const { exitCode, stdout, stderr } = await ask(folderOf(3), '-c', '1');
    expect(exitCode).toBe(8);
    expect(stdout.match(/^A harbour at$/gm)).toHaveLength(2);
    expect(stderr).toContain('3 images: 1 answered, 2 cut off');
    expect(stderr.match(/[12]\.png: .*MAX_TOKENS/g)).toHaveLength(2);
  });

  it('yields to an image that failed, with 7', async () => {
    const folder = folderOf(2);
    writeFileSync(join(folder, '1.png'), '');
    emulator.enqueue(cut());
    expect((await ask(folder)).exitCode).toBe(7);
  });

  it('is kept in a journal and counted again, without being asked again', async () => {
    const folder = folderOf(2);
    const output = join(temporaryFolder(), 'captions.jsonl');
    emulator.enqueue(honest, cut());
    const first = await ask(folder, '-o', output, '-c', '1');
    expect(first.exitCode).toBe(8);
    expect(first.stderr).toContain('2 images: 1 answered, 1 cut off');
    expect(linesOf(output)[1]).toMatchObject({ text: 'A harbour at', finishReason: 'MAX_TOKENS' });

    const again = await ask(folder, '-o', output);
    expect(again.exitCode).toBe(8);
    expect(again.stderr).toContain('2 images: 1 kept, 1 cut off');
    const quiet = await ask(folder, '-o', output, '-q');
    expect(quiet.exitCode).toBe(8);
    expect(quiet.stderr).toMatch(/^describe-image: \S*1\.png: the kept answer.*MAX_TOKENS.*\n.*\n$/);
    const planned = await ask(folder, '-o', output, '--dry-run');
    expect(planned.exitCode).toBe(0);
    expect(planned.stdout).toContain('2 images: 0 to ask about, 1 already answered, 1 already cut off');
    expect(emulator.requests).toHaveLength(2);
  });

  it('is asked again with another setting, and counts as whole once it is', async () => {
    const output = join(temporaryFolder(), 'captions.jsonl');
    emulator.enqueue(cut(), honest);
    expect((await ask(sunset, '-o', output)).exitCode).toBe(8);
    const more = ['--max-output-tokens', '9000'];
    expect((await ask(sunset, '-o', output, ...more)).exitCode).toBe(0);
    expect((await ask(sunset, '-o', output, ...more)).exitCode).toBe(0);
  });

  it('is asked again with --overwrite, and counts as whole once it is', async () => {
    const output = join(temporaryFolder(), 'captions.jsonl');
    emulator.enqueue(cut(), honest, cut(), honest);
    for (const exitCode of [8, 0, 8, 0])
      expect((await ask(sunset, '-o', output, '--overwrite')).exitCode).toBe(exitCode);
    expect(await ask(sunset, '-o', output, '-q')).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('of the same bytes under another name costs nothing and is cut off, too', async () => {
    const folder = folderOf(1);
    writeFileSync(join(folder, 'copy.png'), readFileSync(join(folder, '0.png')));
    emulator.enqueue(cut());
    const { exitCode, stderr } = await ask(folder, '-o', join(temporaryFolder(), 'captions.jsonl'));
    expect(exitCode).toBe(8);
    expect(stderr).toContain('2 images: 2 cut off');
  });

  it('is written beside its image, where the next run cannot tell', async () => {
    const folder = folderOf(1);
    emulator.enqueue(cut());
    expect((await ask(folder, '--sidecar')).exitCode).toBe(8);
    expect(readFileSync(join(folder, '0.txt'), 'utf8')).toBe('A harbour at\n');
    expect((await ask(folder, '--sidecar')).exitCode).toBe(0);
  });

  it('without any text is none', async () => {
    emulator.enqueue(cut(' \n'));
    expect(await ask(sunset)).toMatchObject({ exitCode: 6, stdout: '' });
  });

  it('is described by the library all the same', async () => {
    emulator.enqueue(cut());
    const told: string[] = [];
    const onWarning = (warning: string) => void told.push(warning);
    const { outcome, text, warnings } = await describeImage(sunset, { ...library(), onWarning });
    expect({ outcome, text }).toEqual({ outcome: 'cutOff', text: 'A harbour at' });
    expect(warnings).toEqual([expect.stringContaining('`maxOutputTokens`')]);
    // The outcome tells.
    expect(told).toEqual([]);
  });
});

const blocked = [
  'SAFETY',
  'RECITATION',
  'PROHIBITED_CONTENT',
  'BLOCKLIST',
  'SPII',
  'LANGUAGE',
  'IMAGE_SAFETY',
  'safety',
];

describe('what is left of an answer that was blocked', () => {
  it('is no answer where it was blocked', () =>
    eachRow(blocked, async (reason) => {
      emulator.enqueue(ended(reason), ended(reason), ended(reason));
      const { exitCode, stdout, stderr } = await ask(sunset, '-q');
      expect({ exitCode, stdout }).toEqual({ exitCode: 6, stdout: '' });
      expect(stderr).toContain(`(${reason})`);
      expect(stderr).not.toContain('A harbour at');
      expect(await ask(sunset, '-q', '--raw')).toMatchObject({ exitCode: 6, stdout: '' });

      const json = await ask(sunset, '-q', '--json');
      expect(json.exitCode).toBe(6);
      const { error, ...more } = JSON.parse(json.stdout);
      expect(error).toMatchObject({ kind: 'no-answer', partialText: 'A harbour at' });
      expect(more).toMatchObject({ image: sunset });
      expect(more).not.toHaveProperty('text');
    }));

  it('is none where the question was blocked by any reason, whatever the candidate says', () =>
    eachRow(['SAFETY', 'OTHER', 'JAILBREAK'], async (blockReason) => {
      const reply = ended('STOP', 'A harbour at', { promptFeedback: { blockReason } });
      emulator.enqueue(reply, reply);
      const { exitCode, stdout, stderr } = await ask(sunset, '-q');
      expect({ exitCode, stdout }).toEqual({ exitCode: 6, stdout: '' });
      expect(stderr).toContain(blockReason);
      const failure = await describeImage(sunset, library()).catch((error: unknown) => error);
      expect(failure).toMatchObject({ reason: blockReason, partialText: 'A harbour at' });
    }));

  it('is an answer where the feedback names no reason', async () => {
    for (const promptFeedback of [{}, { blockReason: '' }, { blockReason: 'BLOCK_REASON_UNSPECIFIED' }]) {
      emulator.enqueue(ended('STOP', 'A harbour.', { promptFeedback }));
      expect(await ask(sunset)).toMatchObject({ exitCode: 0, stdout: 'A harbour.\n' });
    }
  });

  it('fails alone among several, and is told in JSON where it stands', async () => {
    emulator.enqueue(honest, ended('SAFETY'));
    const { exitCode, stdout } = await ask(folderOf(2), '-c', '1', '--json', '-q');
    expect(exitCode).toBe(7);
    const [, second] = stdout.trimEnd().split('\n');
    expect(JSON.parse(second ?? '')).toMatchObject({ error: { partialText: 'A harbour at' } });
  });

  it('is told in JSON of several together, which have no one name', async () => {
    emulator.enqueue(ended('SAFETY'));
    const { exitCode, stdout } = await ask(sunset, fixture('images/rgb.png'), '--together', '--json', '-q');
    expect(exitCode).toBe(6);
    expect(Object.keys(JSON.parse(stdout))).toEqual(['images', 'prompt', 'model', 'outcome', 'error']);
  });

  it('is a failure in the journal, and the image is asked about again', async () => {
    const output = join(temporaryFolder(), 'captions.jsonl');
    emulator.enqueue(ended('RECITATION'), honest);
    expect(await ask(sunset, '-o', output)).toMatchObject({ exitCode: 6, stdout: '' });
    expect(linesOf(output)).toMatchObject([{ image: sunset, error: { partialText: 'A harbour at' } }]);
    expect(linesOf(output)[0]).not.toHaveProperty('text');
    expect((await ask(sunset, '-o', output)).exitCode).toBe(0);
  });

  it('is not written beside the image', async () => {
    const folder = folderOf(1);
    emulator.enqueue(ended('SPII'));
    expect((await ask(folder, '--sidecar')).exitCode).toBe(6);
    expect(readdirSync(folder)).toEqual(['0.png']);
  });

  it('comes with the error of the library', async () => {
    emulator.enqueue(ended('SAFETY'), ended('SAFETY'));
    const facts = { reason: 'SAFETY', partialText: 'A harbour at', retryable: false };
    const failure = await describeImage(sunset, library()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NoAnswerError);
    expect(failure).toMatchObject(facts);
    for await (const each of describeImages([sunset], library()))
      expect(each).toMatchObject({ error: facts });
  });

  it('is nothing where there are only thoughts or blanks', async () => {
    emulator.enqueue(ended('SAFETY', ' \n'), {
      body: { candidates: [{ content: { parts: [{ text: 'Hm.', thought: true }] }, finishReason: 'SPII' }] },
    });
    for (let count = 0; count < 2; count += 1) {
      await expect(describeImage(sunset, library())).rejects.toMatchObject({ partialText: undefined });
    }
    expect(emulator.requests).toHaveLength(2);
  });
});

describe('an answer that ended for another reason', () => {
  it('is one, with a warning, for a reason that nobody knows', () =>
    eachRow(['OTHER', 'MALFORMED_RESPONSE', 'A_NEW_ONE'], async (reason) => {
      emulator.enqueue(ended(reason), ended(reason));
      const { exitCode, stdout, stderr } = await ask(sunset);
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'A harbour at\n' });
      expect(stderr).toMatch(new RegExp(`warning: .*${reason}.*incomplete`));
      expect((await ask(sunset, '-q')).stderr).toBe('');
    }));

  it('is one like any other without a reason that says otherwise', () =>
    eachRow([undefined, '', 'STOP', 'stop', 'FINISH_REASON_UNSPECIFIED'], async (reason) => {
      emulator.enqueue(ended(reason));
      expect(await ask(sunset)).toMatchObject({ exitCode: 0, stdout: 'A harbour at\n', stderr: '' });
    }));

  it('is tried again where it is empty, in whatever case the reason is written', async () => {
    emulator.enqueue(ended('stop', ''), ended('stop', 'A harbour.'));
    expect(await ask(sunset)).toMatchObject({ exitCode: 0, stdout: 'A harbour.\n' });
  });
});

describe('a journal of 0.1.0', () => {
  /** As 0.1.0 recorded an answer, whatever had ended it. */
  async function recorded(finishReason: string | undefined): Promise<string> {
    const output = join(temporaryFolder(), 'captions.jsonl');
    emulator.enqueue(honest);
    await ask(sunset, '-o', output);
    const [line] = linesOf(output);
    writeFileSync(output, `${JSON.stringify({ ...line, finishReason: finishReason ?? null })}\n`);
    return output;
  }

  it('is read by the same rules, whatever it holds', () =>
    eachRow(
      [
        ['MAX_TOKENS', 8, '1 image: 1 cut off', 1],
        ['SAFETY', 0, '1 image: 1 answered', 2],
        ['IMAGE_SAFETY', 0, '1 image: 1 answered', 2],
        ['OTHER', 0, '1 image: 1 kept', 1],
        ['STOP', 0, '1 image: 1 kept', 1],
        [undefined, 0, '1 image: 1 kept', 1],
      ],
      async ([reason, exitCode, summary, requests]) => {
        await emulator.renew();
        const output = await recorded(reason);
        if (requests > 1) emulator.enqueue(honest);
        const run = await ask(sunset, '-o', output);
        expect(run.exitCode).toBe(exitCode);
        expect(run.stderr).toContain(summary);
        expect(emulator.requests).toHaveLength(requests);
      },
    ));
});

/** A folder of so many images, each another. */
function folderOf(count: number): string {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const png = readFileSync(fixture('images/rgb.png'));
  for (let index = 0; index < count; index += 1) {
    writeFileSync(join(folder, `${index}.png`), Buffer.concat([png, Buffer.from([index])]));
  }
  return folder;
}

function linesOf(path: string): Record<string, unknown>[] {
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
