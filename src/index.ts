/**
 * Ask a question about an image, through any API that speaks Gemini's `generateContent`.
 *
 * @example
 * import { describe } from 'describe-image';
 * const { text } = await describe('photo.jpg', { prompt: 'what is this?', apiKey: process.env.GEMINI_API_KEY ?? '' });
 */

export { describe, describeTogether } from './describe.ts';
export type { DescribeOptions } from './describe-options.ts';
export { type DescribeAllOptions, describeAll, type FailedDescription } from './engine/describe-all.ts';
export {
  AbortedError,
  ApiError,
  CredentialError,
  DescribeImageError,
  type FailureKind,
  ImageError,
  NetworkError,
  NoAnswerError,
  OutputError,
  UsageError,
} from './errors.ts';
export type { ImageInput, NamedFile, NamedImage } from './image/source.ts';
export type { Auth } from './options/endpoint.ts';
export type { MediaResolution, ThinkingLevel } from './options/question.ts';
export { defaults, type LibraryOptions } from './options/table.ts';
export type {
  Answer,
  Description,
  JointDescription,
  RetryNotice,
  SentImage,
  Usage,
} from './types.ts';
