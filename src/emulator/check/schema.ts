/**
 * The messages of a request, as far as images need them: https://ai.google.dev/api/generate-content
 * Names are in camel case; the snake case of each is read as well. Tools and caches are left out.
 */
export type Field =
  | { readonly kind: 'string' | 'float' | 'int32' | 'boolean' | 'bytes' | 'any' }
  | { readonly kind: 'enum'; readonly type: string; readonly values: readonly string[] }
  | { readonly kind: 'list' | 'map'; readonly of: Field }
  | { readonly kind: 'message'; readonly type: string; readonly fields: Fields };

export type Fields = Readonly<Record<string, Field>>;

const string: Field = { kind: 'string' };
const float: Field = { kind: 'float' };
const int32: Field = { kind: 'int32' };
const boolean: Field = { kind: 'boolean' };
const anything: Field = { kind: 'any' };

const content = message('Content', {
  role: string,
  parts: list(
    message('Part', {
      text: string,
      inlineData: message('Blob', { mimeType: string, data: { kind: 'bytes' } }),
      fileData: message('FileData', { mimeType: string, fileUri: string }),
      thought: boolean,
      thoughtSignature: { kind: 'bytes' },
    }),
  ),
});

const schemaFields: Record<string, Field> = {
  type: enumeration('Type', ['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT', 'NULL']),
  format: string,
  title: string,
  description: string,
  nullable: boolean,
  enum: list(string),
  maxItems: anything,
  minItems: anything,
  required: list(string),
  minProperties: anything,
  maxProperties: anything,
  minLength: anything,
  maxLength: anything,
  pattern: string,
  example: anything,
  propertyOrdering: list(string),
  default: anything,
  minimum: float,
  maximum: float,
};
const schema = message('Schema', schemaFields);
Object.assign(schemaFields, { items: schema, anyOf: list(schema), properties: { kind: 'map', of: schema } });

const generationConfig = message('GenerationConfig', {
  temperature: float,
  topP: float,
  topK: int32,
  maxOutputTokens: int32,
  candidateCount: int32,
  stopSequences: list(string),
  seed: int32,
  presencePenalty: float,
  frequencyPenalty: float,
  responseMimeType: string,
  responseSchema: schema,
  responseJsonSchema: anything,
  mediaResolution: enumeration('GenerationConfig.MediaResolution', [
    'MEDIA_RESOLUTION_UNSPECIFIED',
    'MEDIA_RESOLUTION_LOW',
    'MEDIA_RESOLUTION_MEDIUM',
    'MEDIA_RESOLUTION_HIGH',
  ]),
  thinkingConfig: message('ThinkingConfig', {
    includeThoughts: boolean,
    thinkingBudget: int32,
    // The documentation writes the levels in capitals and its examples in small letters; both are taken.
    thinkingLevel: enumeration(
      'ThinkingConfig.ThinkingLevel',
      bothCases(['minimal', 'low', 'medium', 'high']),
    ),
  }),
});

const safetySetting = message('SafetySetting', {
  category: enumeration('HarmCategory', [
    'HARM_CATEGORY_HARASSMENT',
    'HARM_CATEGORY_HATE_SPEECH',
    'HARM_CATEGORY_SEXUALLY_EXPLICIT',
    'HARM_CATEGORY_DANGEROUS_CONTENT',
  ]),
  threshold: enumeration('SafetySetting.HarmBlockThreshold', [
    'BLOCK_LOW_AND_ABOVE',
    'BLOCK_MEDIUM_AND_ABOVE',
    'BLOCK_ONLY_HIGH',
    'BLOCK_NONE',
    'OFF',
  ]),
});

/** The body of `generateContent`. */
export const generateContentRequest: Fields = {
  contents: list(content),
  systemInstruction: content,
  generationConfig,
  safetySettings: list(safetySetting),
};

function message(type: string, fields: Fields): Field {
  return { kind: 'message', type, fields };
}

function list(of: Field): Field {
  return { kind: 'list', of };
}

function enumeration(type: string, values: readonly string[]): Field {
  return { kind: 'enum', type, values };
}

function bothCases(words: readonly string[]): string[] {
  return [...words, ...words.map((word) => word.toUpperCase())];
}
