import { describeWith, prepare, systemEffects } from '../describe.ts';
import { AbortedError } from '../errors.ts';
import { wantsColor } from './color.ts';
import { showRequest } from './dry-run.ts';
import { exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { formatAnswer } from './format.ts';
import type { Io } from './io.ts';
import { createMemoryGuard } from './memory.ts';
import { createNotices, type Notices } from './notices.ts';
import { observe } from './observe.ts';
import { type Arguments, parseArguments } from './program.ts';
import { startProgress } from './progress.ts';
import { resolveSettings } from './settings.ts';

/** The program, from its command line to its exit code. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let given: Arguments['given'] = {};
  const notices = createNotices(io.stderr, () => given.noColor === undefined && wantsColor(io));
  // A key can be put into any option by mistake, and then into what is said about it.
  for (const name of ['GEMINI_API_KEY', 'GOOGLE_API_KEY']) notices.withhold(io.environment[name]);
  try {
    const request = parseArguments(argv, io.stdout.columns);
    given = request.arguments?.given ?? given;
    await untilStopped(
      request.arguments ? work(request.arguments, io, notices) : io.stdout.write(request.text),
      io,
    );
    return exitCodes.answered.code;
  } catch (error) {
    return reportFailure(error, io, notices, given.debug !== undefined);
  } finally {
    await untilStopped(notices.written(), io).catch(() => undefined);
  }
}

/** A signal ends what cannot be ended: waiting for a pipe to open, or for a reader that has stopped reading. */
async function untilStopped(working: Promise<void>, { signal }: Io): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = () => setImmediate(() => reject(new AbortedError('stopped', { cause: signal.reason })));
    working.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
}

async function work(words: Arguments, io: Io, notices: Notices): Promise<void> {
  const settings = await resolveSettings(words, io);
  notices.withhold(settings.question.apiKey);
  const observed = observe(settings, notices);
  for (const warning of settings.warnings) observed.onWarning(warning);
  if (settings.isDryRun) {
    const prepared = await prepare(settings.image, settings.question);
    for (const warning of prepared.image.warnings) observed.onWarning(warning);
    await io.stdout.write(await showRequest(prepared, settings));
    return;
  }
  const progress = startProgress(settings, io);
  const guardMemory = createMemoryGuard();
  const onUpload = (sentBytes: number, totalBytes: number) => {
    guardMemory(totalBytes);
    progress.onUpload(sentBytes, totalBytes);
  };
  const options = { ...settings.question, ...observed, onUpload, signal: io.signal };
  const asked = describeWith(io.effects ?? systemEffects, settings.image, options);
  const description = await asked.finally(progress.stop);
  const shown = { apiKey: settings.question.apiKey, isTerminal: io.stdout.isTerminal };
  await io.stdout.write(formatAnswer(description, settings.format, observed.lastBody, shown));
  observed.onAnswer(description);
}
