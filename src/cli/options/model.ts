import {
  defaultModel,
  limits,
  mediaResolutions,
  mostStopSequences,
  thinkingLevels,
} from '../../gemini/wire.ts';
import type { OptionRows } from '../option-row.ts';
import { choice, integer, model, number, text } from '../values.ts';

/** How the model is to answer: https://ai.google.dev/api/generate-content#generationconfig */
export const modelOptions = {
  model: {
    group: 'Model',
    short: 'm',
    argument: 'name',
    parse: model,
    environment: 'DESCRIBE_IMAGE_MODEL',
    help: `the model to ask (default: ${defaultModel})`,
  },
  temperature: {
    group: 'Model',
    short: 't',
    argument: 'number',
    parse: number(limits.temperature),
    help: 'randomness, 0 to 2',
  },
  topP: {
    group: 'Model',
    argument: 'number',
    parse: number(limits.topP),
    help: 'nucleus sampling, 0 to 1',
  },
  topK: {
    group: 'Model',
    argument: 'number',
    parse: integer(limits.topK),
    help: 'sample from the k likeliest tokens, 1 or more',
  },
  maxOutputTokens: {
    group: 'Model',
    argument: 'number',
    parse: integer(limits.maxOutputTokens),
    help: 'longest answer in tokens, thinking included',
  },
  seed: {
    group: 'Model',
    argument: 'number',
    parse: integer(limits.seed),
    help: 'makes answers more repeatable',
  },
  stop: {
    group: 'Model',
    argument: 'text',
    parse: text,
    isRepeatable: true,
    apiName: 'stopSequences',
    help: `a text that ends the answer; at most ${mostStopSequences} times`,
  },
  thinkingBudget: {
    group: 'Model',
    argument: 'tokens',
    parse: integer(limits.thinkingBudget),
    conflicts: ['thinkingLevel'],
    help: 'tokens for thinking; -1: as the model likes',
  },
  thinkingLevel: {
    group: 'Model',
    argument: 'level',
    parse: choice(thinkingLevels),
    help: thinkingLevels.join(', '),
  },
  mediaResolution: {
    group: 'Model',
    argument: 'level',
    parse: choice(mediaResolutions),
    help: `how finely to look: ${mediaResolutions.join(', ')}`,
  },
} as const satisfies OptionRows;
