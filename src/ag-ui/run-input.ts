import { z } from 'zod';
import { clientToolsOf, describedTool } from '../dialect/input/described-tool.ts';
import { parseBody } from '../dialect/input/read-body.ts';

const name = z
  .string('expected a text')
  .min(1, 'expected a text')
  .max(200, 'expected at most 200 characters');
const text = z.string('expected a text');

const ContentPart = z.looseObject({
  type: text,
  text: text.nullish(),
  source: z.looseObject({ type: text, value: text, mimeType: text.nullish() }).nullish(),
});

const Message = z.looseObject({
  id: name,
  role: z.enum(['developer', 'system', 'assistant', 'user', 'tool', 'activity', 'reasoning'], {
    error: 'expected a role',
  }),
  // The content of an activity is an object, which the gateway does not read.
  content: z.unknown().optional(),
  toolCalls: z
    .array(z.looseObject({ id: text, function: z.looseObject({ name: text, arguments: text }) }), {
      error: 'expected a list of calls',
    })
    .nullish(),
  toolCallId: text.nullish(),
  error: text.nullish(),
});

export const content = z.union([z.string(), z.array(ContentPart).max(1_000, 'expected fewer parts')], {
  error: 'expected a text or a list of parts',
});

const ResumeEntry = z.looseObject({
  interruptId: text,
  status: z.enum(['resolved', 'cancelled'], { error: "expected 'resolved' or 'cancelled'" }),
  payload: z.unknown().optional(),
});

const RunInput = z.looseObject({
  threadId: name,
  runId: name,
  messages: z.array(Message, { error: 'expected a list of messages' }).max(5_000, 'expected fewer messages'),
  tools: z.array(describedTool.extend({ name: text }), { error: 'expected a list of tools' }).nullish(),
  context: z
    .array(z.looseObject({ description: text, value: text }))
    .max(100, 'expected fewer')
    .nullish(),
  resume: z.array(ResumeEntry, { error: 'expected a list' }).max(1_000, 'expected fewer').nullish(),
});

export type RunInput = z.output<typeof RunInput>;
export type AgUiMessage = z.output<typeof Message>;

/** @throws ApiError 400. The gateway keeps no `state` and does not read `forwardedProps`. */
export function readRunInput(body: Record<string, unknown>) {
  const input = parseBody(RunInput, body);
  return { input, tools: clientToolsOf(input.tools ?? []) };
}
