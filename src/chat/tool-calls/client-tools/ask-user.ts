import type { LanguageModelV3FunctionTool } from '@ai-sdk/provider';
import { complaintsAbout } from './match-schema.ts';
import { readSchema } from './read-schema.ts';

/** The name of the tool with which a model asks the user. No other tool has it. */
export const askUserName = 'ask_user';

/** A tool that needs no node and no client: any user who sees the conversation may answer. */
export const askUserTool: LanguageModelV3FunctionTool = {
  type: 'function',
  name: askUserName,
  description:
    'Asks the user a question and returns the answer. Use it when you cannot go on without a decision or a fact that only the user knows. The user sees a form that is made from the schema.',
  inputSchema: {
    type: 'object',
    properties: {
      question: { type: 'string', minLength: 1, description: 'The question, in the language of the user.' },
      schema: {
        type: 'object',
        description:
          'The JSON Schema of the answer. For a choice: {"type":"string","enum":["red","blue"]}. For several values: an object with properties that have a title. Default: a text.',
      },
    },
    required: ['question'],
  },
};

/** What is wrong with the arguments of a question, as a sentence for the model. Undefined if nothing is. */
export async function questionProblem(args: object, runId: number): Promise<string | undefined> {
  const complaints = await complaintsAbout(args, askUserTool.inputSchema, runId);
  if (complaints !== undefined) return complaints;
  const { schema } = args as { schema?: unknown };
  if (schema === undefined) return undefined;
  const read = readSchema(schema);
  return read.ok ? undefined : `schema: ${read.problem}.`;
}

/** The schema of the answer to a question. */
export function answerSchema(args: unknown): object {
  const { schema } = Object(args) as { schema?: unknown };
  return typeof schema === 'object' && schema !== null ? schema : { type: 'string' };
}
