import { redactStart } from '../api/redact.ts';
import { googleOrigin } from '../options/endpoint.ts';
import { grouped } from '../report/numbers.ts';
import { formatUsage } from '../report/usage.ts';
import type { HttpReply, Image, JointDescription, RetryNotice, SentImage } from '../types.ts';
import { asFlags } from './flags.ts';
import type { Notices } from './notices.ts';
import type { Settings } from './settings.ts';

/** What the work tells while it goes on, and what of it is said. */
export interface Observer {
  readonly onWarning: (warning: string, isCutOff: boolean) => void;
  readonly onRetry: (notice: RetryNotice) => void;
  readonly onReply: (reply: HttpReply) => void;
  readonly onPrepared: (images: readonly Image[]) => void;
  readonly onAnswer: (description: JointDescription) => void;
  /** The body of the last reply, as it came. */
  readonly lastBody: () => Uint8Array;
}

/** Says on standard error what the settings want said. */
export function observe(
  { question, isQuiet, isVerbose, isDebug, showsUsage }: Settings,
  notices: Notices,
): Observer {
  let lastBody: Uint8Array = Buffer.alloc(0);
  return {
    lastBody: () => lastBody,
    // A cut-off answer is an error, and said once the answer is written.
    onWarning: (warning, isCutOff) => {
      if (!isQuiet && !isCutOff) notices.warning(asFlags(warning));
    },
    // No warning, and said even when quiet: a silent pause is a riddle.
    onRetry: (notice) => notices.note(describeRetry(notice)),
    onReply: (reply) => {
      lastBody = reply.body;
      if (isDebug) debugReply(reply, notices, question.apiKey);
    },
    onPrepared: (images) => {
      for (const warning of images.flatMap((image) => image.warnings))
        if (!isQuiet) notices.warning(asFlags(warning));
    },
    onAnswer: (description) => {
      if (isVerbose) for (const line of verboseLines(description, question)) notices.note(line);
      if (showsUsage || isVerbose) notices.note(formatUsage(description.usage));
    },
  };
}

/** Says what failed, and when it is tried again. */
export function describeRetry({ reason, attempt, attempts, delayMs, resumesAt }: RetryNotice): string {
  const when =
    delayMs < 100
      ? 'at once'
      : `in ${(delayMs / 1000).toFixed(1)} s, at ${resumesAt.toTimeString().slice(0, 8)}`;
  return `attempt ${attempt} of ${attempts} failed: ${reason}; trying again ${when}`;
}

function verboseLines(description: JointDescription, { baseUrl, proxy }: Settings['question']): string[] {
  const { images, model, modelVersion, elapsedMs, finishReason, responseId } = description;
  return [
    ...images.map(describeSent),
    `asked ${model} at ${new URL(baseUrl ?? googleOrigin).host}${proxy ? ` through ${new URL(proxy).host}` : ''}`,
    `answered by ${modelVersion ?? model} in ${(elapsedMs / 1000).toFixed(1)} s (${finishReason ?? 'no finish reason'})`,
    ...(responseId === undefined ? [] : [`response ${responseId}`]),
  ];
}

function describeSent({ image, mimeType, bytes, changes }: SentImage): string {
  return [`${image}: sent as ${mimeType}, ${grouped(bytes)} bytes`, ...changes].join(', ');
}

/** Of a body; the key is taken out before it is cut. */
const longestDebugText = 4000;
const maxDebugBytes = 1024 * 1024;

function debugReply({ status, headers, body }: HttpReply, notices: Notices, apiKey: string): void {
  notices.note(`HTTP ${status}`);
  for (const [name, value] of Object.entries(headers)) notices.note(`${name}: ${String(value)}`);
  const start = new TextDecoder().decode(body.subarray(0, maxDebugBytes));
  notices.note(redactStart(start, apiKey).slice(0, longestDebugText));
}
