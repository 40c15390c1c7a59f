/** What a file turned out to be, by its bytes. */
export interface Format {
  readonly mimeType: string;
  /** With its article, to stand in a sentence: "a GIF image". */
  readonly name: string;
  /** Whether the API takes it as it is. */
  readonly sendable: boolean;
  /** A command that makes a picture of it; `{in}` stands for the file. */
  readonly conversion?: string | undefined;
  /** What to do instead, where no command makes a picture of it. */
  readonly advice?: string | undefined;
  /** The key in `sharp.format` of what decodes it, though perhaps in a custom build alone. */
  readonly sharp?: string | undefined;
}
