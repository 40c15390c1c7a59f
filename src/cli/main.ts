import { AbortedError } from '../errors.ts';
import { endChildren } from '../image/children.ts';
import { parseArguments } from './arguments.ts';
import { askOnce } from './ask-once.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { createNotices, type Notices, wantsColor } from './notices.ts';
import type { Arguments } from './program.ts';
import { reportFailure } from './say-failure.ts';
import { resolveSettings } from './settings.ts';

/** The program, from its command line to its exit code. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let given: Arguments['given'] = {};
  const notices = createNotices(io.stderr, () => given.color?.at(-1) !== 'no' && wantsColor(io));
  // A key can be put into any option by mistake, and then into what is said about it.
  for (const name of ['GEMINI_API_KEY', 'GOOGLE_API_KEY']) notices.redact(io.environment[name]);
  try {
    const request = await parseArguments(argv);
    given = request.arguments?.given ?? given;
    if (request.arguments) return await untilStopped(work(request.arguments, io, notices), io);
    await untilStopped(io.stdout.write(request.text), io);
    return exitCodes.answered.code;
  } catch (error) {
    return reportFailure(error, io, notices, given.debug !== undefined);
  } finally {
    const ending = Promise.all([notices.written(), endChildren()]);
    await untilStopped(ending, io).catch(() => undefined);
  }
}

/** In milliseconds; shorter than anybody notices, long enough to close a file. */
const graceMs = 200;

/** A signal ends what cannot be ended: waiting for a pipe to open, or for a reader that has stopped reading. */
async function untilStopped<T>(working: Promise<T>, { signal }: Io): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stopped = () => reject(new AbortedError('stopped', { cause: signal.reason }));
    // What can end by itself gets the time to: it lets go of what it holds.
    const stop = () => setTimeout(stopped, graceMs);
    working
      .then((result) => (signal.aborted ? stopped() : resolve(result)), reject)
      .finally(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
}

async function work(words: Arguments, io: Io, notices: Notices): Promise<number> {
  const settings = await resolveSettings(words, io);
  notices.redact(settings.question.apiKey);
  if (!settings.isQuiet) for (const warning of settings.warnings) notices.warning(warning);
  const { images, batch } = settings;
  const isBatch = images.isSeveral || batch.output !== undefined || batch.sidecar !== undefined;
  if (isBatch && !images.isTogether) {
    const { askAboutEach } = await import('./batch.ts');
    return askAboutEach(settings, io, notices);
  }
  const exitCode = await askOnce(settings, io, notices);
  // A dry run writes nothing, and a failure has used other code than most runs do.
  if (!settings.isDryRun && exitCode === exitCodes.answered.code) io.keepCompiled?.();
  return exitCode;
}

export { endProcess, systemIo } from './io.ts';
