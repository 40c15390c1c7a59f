/**
 * Ask a question about an image, through any API that speaks Gemini's `generateContent`.
 *
 * @example
 * import { describe } from 'describe-image';
 * const { text } = await describe('photo.jpg', { prompt: 'what is this?', apiKey: process.env.GEMINI_API_KEY ?? '' });
 */
export { type DescribeOptions, type Description, defaults, describe } from './describe.ts';
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
export type { ImageInput } from './image/source.ts';
export type {
  Answer,
  Auth,
  GenerationSettings,
  MediaResolution,
  RetryNotice,
  ThinkingLevel,
  Usage,
} from './types.ts';
