/** A request whose shape is right; values may still break a rule. */
export interface GenerateRequest {
  readonly contents?: readonly Content[];
  readonly systemInstruction?: Content;
  readonly generationConfig?: GenerationConfig;
  readonly safetySettings?: readonly { readonly category?: string; readonly threshold?: string }[];
}

export interface Content {
  readonly role?: string;
  readonly parts?: readonly Part[];
}

export interface Part {
  readonly text?: string;
  readonly inlineData?: { readonly mimeType?: string; readonly data?: Buffer };
  readonly fileData?: { readonly mimeType?: string; readonly fileUri?: string };
}

export interface GenerationConfig {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly maxOutputTokens?: number;
  readonly candidateCount?: number;
  readonly stopSequences?: readonly string[];
  readonly seed?: number;
  readonly responseMimeType?: string;
  readonly responseSchema?: object;
  readonly responseJsonSchema?: unknown;
  readonly thinkingConfig?: { readonly thinkingBudget?: number; readonly thinkingLevel?: string };
}
