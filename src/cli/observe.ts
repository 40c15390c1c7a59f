import { redactStart } from '../api/redact.ts';
import type { HttpReply } from '../http/exchange.ts';
import type { RetryNotice } from '../http/retry.ts';
import { googleOrigin } from '../options/connection.ts';
import { formatUsage, grouped } from '../report/figures.ts';
import { type Answer, isAnswer, type Result, type SentImage } from '../result.ts';
import type { Notices } from './notices.ts';
import type { Settings } from './settings.ts';

/** What the work tells while it goes on, and what of it is said. */
export interface Observer {
  readonly onWarning: (warning: string) => void;
  readonly onRetry: (notice: RetryNotice) => void;
  readonly onReply: (reply: HttpReply) => void;
  readonly onResult: (result: Result) => void;
}

/** Says on standard error what the settings want said. */
export function observe(
  { question, isQuiet, isVerbose, isDebug, showsUsage }: Settings,
  notices: Notices,
): Observer {
  return {
    onWarning: (warning) => {
      if (!isQuiet) notices.warning(warning);
    },
    // No warning, and said even when quiet: a silent pause looks like a hang.
    onRetry: (notice) => notices.note(describeRetry(notice)),
    onReply: (reply) => {
      if (isDebug) debugReply(reply, notices, question.apiKey);
    },
    onResult: (result) => {
      if (!isAnswer(result)) return;
      if (isVerbose) for (const line of verboseLines(result, question)) notices.note(line);
      if (showsUsage || isVerbose) notices.note(formatUsage(result.usage));
    },
  };
}

/** Says what failed, and when it is tried again. */
export function describeRetry({ reason, attempt, attempts, delayMs, resumesAt }: RetryNotice): string {
  const when =
    delayMs < 100 ? 'now' : `in ${(delayMs / 1000).toFixed(1)} s, at ${resumesAt.toTimeString().slice(0, 8)}`;
  return `attempt ${attempt} of ${attempts} failed: ${reason}; retrying ${when}`;
}

function verboseLines(answer: Answer, { baseUrl, proxy }: Settings['question']): string[] {
  const { images, model, modelVersion, elapsedMs, finishReason, responseId } = answer;
  return [
    ...images.map(describeSent),
    `asked ${model} at ${new URL(baseUrl ?? googleOrigin).host}${proxy ? ` through ${new URL(proxy).host}` : ''}`,
    `answered by ${modelVersion ?? model} in ${(elapsedMs / 1000).toFixed(1)} s (${finishReason ?? 'no finish reason'})`,
    ...(responseId === null ? [] : [`response ${responseId}`]),
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
