import { expect, it } from 'vitest';
import { exitCodeOfRun, type RunResult } from '../../src/cli/batch-ending.ts';
import {
  ApiError,
  CredentialError,
  ImageError,
  NetworkError,
  NoAnswerError,
  OutputError,
  UsageError,
} from '../../src/errors.ts';
import { eachRow } from '../helpers/rows.ts';

const answered: RunResult = { images: 9, failed: 0, notTried: 0, cutOff: 0 };
const [usage, image, output] = [new UsageError('x'), new ImageError('x'), new OutputError('x')];
const credential = new CredentialError('x');
const api = new ApiError('x', { status: 429, retryable: false });
const network = new NetworkError('x', { code: 'ECONNREFUSED', retryable: false });
const blocked = new NoAnswerError('x', { reason: 'SAFETY', retryable: false });
const failed = { failed: 2, lastFailure: blocked };
const stopped = (reason: string) => ({ signal: AbortSignal.abort(reason) });

it('ends a run with the code of what happened', () =>
  eachRow<[string, Partial<RunResult>, number]>(
    [
      ['all answered', {}, 0],
      ['no images', { images: 0 }, 0],
      ['some cut off', { cutOff: 2 }, 8],
      ['all cut off', { cutOff: 9 }, 8],
      ['one failed', { failed: 1, lastFailure: image }, 7],
      ['one was blocked', { failed: 1, lastFailure: blocked }, 7],
      ['all were blocked', { failed: 9, lastFailure: blocked }, 7],
      ['one was not tried', { notTried: 1 }, 7],
      ['some failed and some were cut off', { ...failed, cutOff: 5 }, 7],
      ['some were cut off and some not tried', { cutOff: 5, notTried: 2 }, 7],
      ['a refused key', { ...failed, cutOff: 1, notTried: 5, endedBy: [credential] }, 4],
      ['a wrong setting', { notTried: 9, endedBy: [usage] }, 2],
      ['a used-up quota', { ...failed, notTried: 5, endedBy: [api] }, 5],
      ['no network', { notTried: 9, endedBy: [network] }, 5],
      ['a full disk', { ...failed, notTried: 5, endedBy: [output] }, 74],
      ['a full disk after a refused key', { notTried: 5, endedBy: [credential, output] }, 74],
      ['a bug', { ...failed, endedBy: [new TypeError('x')] }, 70],
      ['a bug and a full disk', { endedBy: [output, new TypeError('x')] }, 70],
      ['Ctrl-C', { notTried: 5, ...stopped('SIGINT') }, 130],
      ['Ctrl-C with nothing left to do', stopped('SIGINT'), 130],
      ['Ctrl-C, and a full disk', { ...failed, endedBy: [output], ...stopped('SIGINT') }, 130],
      ['SIGTERM, and a refused key', { notTried: 5, endedBy: [credential], ...stopped('SIGTERM') }, 143],
      ['a signal that did not come', { signal: new AbortController().signal }, 0],
      ['one image, answered', { images: 1 }, 0],
      ['one image, cut off', { images: 1, cutOff: 1 }, 8],
      ['one image that cannot be read', { images: 1, failed: 1, lastFailure: image }, 3],
      ['one image, not answered', { images: 1, failed: 1, lastFailure: api }, 5],
      ['one image, blocked', { images: 1, failed: 1, lastFailure: blocked }, 6],
      ['one image, and a refused key', { images: 1, notTried: 1, endedBy: [credential] }, 4],
      ['one image, and Ctrl-C', { images: 1, failed: 1, lastFailure: api, ...stopped('SIGINT') }, 130],
    ],
    ([_, run, exitCode]) => {
      expect(exitCodeOfRun({ ...answered, ...run })).toBe(exitCode);
    },
  ));
