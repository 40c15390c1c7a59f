/**
 * The request of `generateContent` as the vendor describes it. A field that is not here is refused as the service refuses
 * it; nothing here is taken from the client.
 *
 * - https://ai.google.dev/api/generate-content
 * - https://github.com/googleapis/googleapis/tree/master/google/ai/generativelanguage/v1beta
 *
 * Each message lists its fields in camel case, and the snake case of each is accepted as well. A field is a string unless
 * its type follows: a scalar, `any` for any JSON, the name of a message or an enum; `[]` makes a list of it and `{}` an
 * object with any keys.
 */
export const messages = readMessages({
  GenerateContentRequest: `model contents:Content[] systemInstruction:Content generationConfig:GenerationConfig
    safetySettings:SafetySetting[] tools:Tool[] toolConfig:ToolConfig cachedContent serviceTier:ServiceTier store:bool`,
  Content: 'role parts:Part[]',
  Part: `text inlineData:Blob fileData:FileData functionCall:FunctionCall functionResponse:FunctionResponse
    executableCode:ExecutableCode codeExecutionResult:CodeExecutionResult toolCall:object toolResponse:object
    thought:bool thoughtSignature:bytes mediaResolution:MediaResolution videoMetadata:VideoMetadata partMetadata:object`,
  Blob: 'mimeType data:bytes',
  FileData: 'mimeType fileUri',
  MediaResolution: 'level:MediaResolution.Level numTokens:int32',
  VideoMetadata: 'startOffset endOffset fps:float',
  FunctionCall: 'id name args:object',
  FunctionResponse: 'id name response:object parts:object[] willContinue:bool scheduling',
  ExecutableCode: 'id language code',
  CodeExecutionResult: 'id outcome output',
  GenerationConfig: `temperature:float topP:float topK:int32 candidateCount:int32 maxOutputTokens:int32 stopSequences:string[]
    seed:int32 presencePenalty:float frequencyPenalty:float responseMimeType responseSchema:Schema responseJsonSchema:any
    responseFormat:ResponseFormat responseModalities:GenerationConfig.Modality[] responseLogprobs:bool logprobs:int32
    enableEnhancedCivicAnswers:bool mediaResolution:GenerationConfig.MediaResolution thinkingConfig:ThinkingConfig
    speechConfig:object imageConfig:ImageConfig`,
  ResponseFormat: 'text:TextResponseFormat image:object audio:object video:object',
  TextResponseFormat: 'mimeType schema:any',
  ImageConfig: 'aspectRatio imageSize',
  ThinkingConfig: 'includeThoughts:bool thinkingBudget:int32 thinkingLevel:ThinkingConfig.ThinkingLevel',
  SafetySetting: 'category:HarmCategory threshold:SafetySetting.HarmBlockThreshold',
  Tool: `functionDeclarations:FunctionDeclaration[] googleSearchRetrieval:object codeExecution:object googleSearch:object
    computerUse:object urlContext:object fileSearch:object googleMaps:object`,
  FunctionDeclaration: `name description behavior parameters:Schema parametersJsonSchema:any response:Schema
    responseJsonSchema:any`,
  ToolConfig: 'functionCallingConfig:object retrievalConfig:object',
  Schema: `type:Type format title description nullable:bool enum:string[] items:Schema maxItems:int64 minItems:int64
    properties:Schema{} required:string[] minProperties:int64 maxProperties:int64 minLength:int64 maxLength:int64 pattern
    example:any anyOf:Schema[] propertyOrdering:string[] default:any minimum:float maximum:float`,
});

/** Values of the enums. Where the documentation writes them in capitals and its examples do not, both are accepted. */
export const enums: Readonly<Record<string, readonly string[]>> = {
  ServiceTier: ['unspecified', 'standard', 'flex', 'priority'],
  Type: inBothCases('STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT NULL'),
  'GenerationConfig.Modality': ['TEXT', 'IMAGE', 'AUDIO'],
  'GenerationConfig.MediaResolution': prefixed('MEDIA_RESOLUTION', 'UNSPECIFIED LOW MEDIUM HIGH'),
  'MediaResolution.Level': prefixed('MEDIA_RESOLUTION', 'UNSPECIFIED LOW MEDIUM HIGH ULTRA_HIGH'),
  'ThinkingConfig.ThinkingLevel': inBothCases('MINIMAL LOW MEDIUM HIGH'),
  HarmCategory: prefixed(
    'HARM_CATEGORY',
    'HARASSMENT HATE_SPEECH SEXUALLY_EXPLICIT DANGEROUS_CONTENT CIVIC_INTEGRITY',
  ),
  'SafetySetting.HarmBlockThreshold': [
    ...prefixed('BLOCK', 'LOW_AND_ABOVE MEDIUM_AND_ABOVE ONLY_HIGH NONE'),
    'OFF',
  ],
};

/** Other JSON names of a field. */
export const aliases: Readonly<Record<string, string>> = {
  _responseJsonSchema: 'responseJsonSchema',
  responseJsonSchemaOrdered: 'responseJsonSchema',
};

/** The fields of a part of which exactly one is set. */
export const partData =
  'text inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall toolResponse'.split(
    ' ',
  );

/** Least and greatest value of the numbers in `GenerationConfig`, and the rule in the words of the service. */
export const ranges: Readonly<Record<string, readonly [least: number, greatest: number, rule: string]>> = {
  temperature: [0, 2, 'be in the range [0.0, 2.0]'],
  topP: [0, 1, 'be in the range [0.0, 1.0]'],
  topK: [1, Number.POSITIVE_INFINITY, 'be positive'],
  maxOutputTokens: [1, Number.POSITIVE_INFINITY, 'be positive'],
  candidateCount: [1, 8, 'be in the range [1, 8]'],
  logprobs: [0, 20, 'be in the range [0, 20]'],
};

/** Values of `responseMimeType`. */
export const responseMimeTypes =
  'text/plain application/json application/xml application/yaml text/x.enum'.split(' ');

/** Ranges of thinking budgets by model, besides -1: https://ai.google.dev/gemini-api/docs/thinking#set-budget */
export const thinkingBudgets: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  'gemini-2.5-pro': [[128, 32_768]],
  'gemini-2.5-flash': [[0, 24_576]],
  'gemini-2.5-flash-lite': [
    [0, 0],
    [512, 24_576],
  ],
};

/** Image types that are accepted: https://ai.google.dev/gemini-api/docs/image-understanding#supported-formats */
export const imageMimeTypes = 'image/png image/jpeg image/webp image/heic image/heif'.split(' ');

/** Images in one request: https://ai.google.dev/gemini-api/docs/image-understanding#limits */
export const maxImages = 3600;

/** Models that are known unless more are named; a selection of https://ai.google.dev/gemini-api/docs/models */
export const models =
  `gemini-2.5-pro gemini-2.5-flash gemini-2.5-flash-lite gemini-3.5-flash-lite gemini-3.6-flash
  gemini-3.8-flash gemini-pro-latest gemini-flash-latest gemini-flash-lite-latest`.split(/\s+/);

/** Query parameters of every Google API: https://cloud.google.com/apis/docs/system-parameters */
export const systemParameters = 'key alt $alt prettyPrint $prettyPrint fields $fields quotaUser'.split(' ');

/** A request whose names and types are right, in camel case; values may still break a rule. */
export interface GenerateRequest {
  readonly contents?: readonly Content[];
  readonly systemInstruction?: Content;
  readonly generationConfig?: GenerationConfig;
  readonly [name: string]: unknown;
}

export interface Content {
  readonly role?: string;
  readonly parts?: readonly Part[];
}

export interface Part {
  readonly text?: string;
  readonly inlineData?: { readonly mimeType?: string; readonly data?: Buffer };
  readonly fileData?: { readonly mimeType?: string; readonly fileUri?: string };
  readonly [name: string]: unknown;
}

export interface GenerationConfig {
  readonly candidateCount?: number;
  readonly stopSequences?: readonly string[];
  readonly responseMimeType?: string;
  readonly responseSchema?: OpenApiSchema;
  readonly responseJsonSchema?: unknown;
  readonly responseFormat?: { readonly text?: { readonly mimeType?: string; readonly schema?: unknown } };
  readonly mediaResolution?: string;
  readonly thinkingConfig?: { readonly thinkingBudget?: number; readonly thinkingLevel?: string };
  readonly [name: string]: unknown;
}

/** https://ai.google.dev/api/caching#Schema */
export interface OpenApiSchema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly items?: OpenApiSchema;
  readonly anyOf?: readonly OpenApiSchema[];
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly required?: readonly string[];
}

/** The parts of all contents, in order. */
export function partsOf({ contents = [] }: GenerateRequest): readonly Part[] {
  return contents.flatMap(({ parts = [] }) => parts);
}

/** The name of a field as messages of the service spell it. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

type Fields = ReadonlyMap<string, string>;

function readMessages(texts: Readonly<Record<string, string>>): ReadonlyMap<string, Fields> {
  const fieldsOf = (text: string) =>
    text.split(/\s+/).map((field) => {
      const [name = '', type = 'string'] = field.split(':');
      return [name, type] as const;
    });
  return new Map(Object.entries(texts).map(([name, text]) => [name, new Map(fieldsOf(text))]));
}

function inBothCases(names: string): string[] {
  return `${names} ${names.toLowerCase()}`.split(' ');
}

function prefixed(prefix: string, names: string): string[] {
  return names.split(' ').map((name) => `${prefix}_${name}`);
}
