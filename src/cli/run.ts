import { describe, prepare } from '../describe.ts';
import { wantsColor } from './color.ts';
import { showRequest } from './dry-run.ts';
import { exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { formatAnswer } from './format.ts';
import type { Io } from './io.ts';
import { createMemoryGuard } from './memory.ts';
import { createNotices, type Notices } from './notices.ts';
import { observe } from './observe.ts';
import { parseArguments } from './program.ts';
import { startProgress } from './progress.ts';
import { resolveSettings, type Settings } from './settings.ts';

/** The program, from its command line to its exit code. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const hasColor = wantsColor(argv, io);
  const notices = createNotices(io.stderr, hasColor);
  try {
    const request = parseArguments(argv, io.stdout.columns);
    if (request.text !== undefined) await io.stdout.write(request.text);
    else await work(await resolveSettings(request.arguments, io), io, notices, hasColor);
    return exitCodes.answered.code;
  } catch (error) {
    return reportFailure(error, io, notices, argv.includes('--debug'));
  } finally {
    await notices.written();
  }
}

async function work(settings: Settings, io: Io, notices: Notices, hasColor: boolean): Promise<void> {
  notices.withhold(settings.question.apiKey);
  const observed = observe(settings, notices);
  for (const warning of settings.warnings) observed.onWarning(warning);
  if (settings.isDryRun) {
    const prepared = await prepare(settings.image, settings.question);
    for (const warning of prepared.image.warnings) observed.onWarning(warning);
    await io.stdout.write(await showRequest(prepared, settings));
    return;
  }
  const progress = startProgress(settings, io, hasColor);
  const guardMemory = createMemoryGuard();
  const onUpload = (sentBytes: number, totalBytes: number) => {
    guardMemory(totalBytes);
    progress.onUpload(sentBytes, totalBytes);
  };
  const options = { ...settings.question, ...observed, onUpload, signal: io.signal };
  const description = await describe(settings.image, options, io.effects).finally(progress.stop);
  await io.stdout.write(formatAnswer(description, settings.format, observed.lastBody, io.stdout.isTerminal));
  observed.onAnswer(description);
}
