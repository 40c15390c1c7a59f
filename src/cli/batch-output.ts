import { redact, redactValue } from '../api/redact.ts';
import type { Archive, Outcome, Yielded } from '../engine/outcome.ts';
import { printableLine } from '../printable.ts';
import { answerRecord } from '../report/json.ts';
import { formatText } from '../report/text.ts';
import { createArchive } from '../store/archive.ts';
import type { Journal } from '../store/journal.ts';
import type { Sidecars } from '../store/sidecar.ts';
import { failureRecord, formatFailure } from './failure-record.ts';
import { formatAnswer } from './format.ts';
import type { Io } from './io.ts';
import type { Settings } from './settings.ts';

/** Where answers are kept; nowhere where there is neither. */
export interface Stores {
  readonly journal: Journal | undefined;
  readonly sidecars: Sidecars | undefined;
}

/** Keeps answers as the settings say: in a journal, in files beside the images, or nowhere. */
export function archiveFor({ question }: Settings, { journal, sidecars }: Stores): Archive {
  return createArchive({
    journal,
    sidecars,
    textOf: (answer) => redact(formatText(answer, false), question.apiKey),
    record: (outcome) => redactValue(recordOf(outcome, question), question.apiKey),
  });
}

/** Writes what became of an image to standard output; of an answer that is kept elsewhere, nothing. */
export function createWriter(settings: Settings, { stdout }: Io): (outcome: Yielded) => Promise<void> {
  const { format, question } = settings;
  let isFirst = true;
  return async (outcome) => {
    if (outcome.kind === 'failed' && format === 'json')
      await stdout.write(formatFailure(outcome.name, outcome.error, question));
    if (outcome.kind !== 'answered') return;
    const { description, body } = outcome;
    if (format === 'text') await stdout.write(headingOf(redact(outcome.name, question.apiKey), isFirst));
    isFirst = false;
    await stdout.write(formatAnswer(joint(description), settings, body, stdout.isTerminal));
  };
}

/** As head(1) writes it. */
function headingOf(name: string, isFirst: boolean): string {
  return `${isFirst ? '' : '\n'}==> ${printableLine(name)} <==\n`;
}

type Told = Extract<Outcome, { readonly kind: 'answered' | 'failed' }>;

function recordOf(outcome: Told, question: Settings['question']): object {
  return outcome.kind === 'answered'
    ? answerRecord(joint(outcome.description), false)
    : failureRecord(outcome.name, outcome.error, question);
}

function joint(description: Extract<Outcome, { readonly kind: 'answered' }>['description']) {
  return { ...description, images: [description] };
}
