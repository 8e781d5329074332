import { z } from 'zod';
import { clientToolsOf, describedTool } from '../dialect/input/described-tool.ts';
import { modelName } from '../dialect/input/model-choice.ts';
import { parseBody } from '../dialect/input/read-body.ts';
import { reasoningEffort, temperature, tokenCount } from '../dialect/input/settings.ts';

const name = z
  .string('expected a text')
  .min(1, 'expected a text')
  .max(200, 'expected at most 200 characters');

const Part = z.looseObject({
  type: z.string('expected a text'),
  text: z.string('expected a text').nullish(),
  url: z.string('expected a text').nullish(),
  filename: z.string('expected a text').nullish(),
  state: z.string('expected a text').nullish(),
  toolCallId: z.string('expected a text').nullish(),
  toolName: z.string('expected a text').nullish(),
  errorText: z.string('expected a text').nullish(),
  approval: z
    .looseObject({ approved: z.boolean().nullish(), reason: z.string('expected a text').nullish() })
    .nullish(),
});

const UiMessage = z.looseObject({
  id: name,
  role: z.enum(['system', 'user', 'assistant'], { error: 'expected a role' }),
  parts: z.array(Part, { error: 'expected a list of parts' }).max(5_000, 'expected fewer parts'),
});

const ChatRequest = z.looseObject({
  id: name,
  messages: z
    .array(UiMessage, { error: 'expected a list of messages' })
    .min(1, 'expected a message')
    .max(5_000, 'expected fewer messages'),
  trigger: z
    .enum(['submit-message', 'regenerate-message'], { error: 'expected a trigger of the AI SDK' })
    .nullish(),
  messageId: z.string('expected a text').nullish(),
  model: modelName,
  system: z.string('expected a text').nullish(),
  tools: z.record(z.string(), describedTool, 'expected tools by their names').nullish(),
  temperature,
  maxOutputTokens: tokenCount,
  reasoningEffort,
});

export type UiMessage = z.output<typeof UiMessage>;
export type UiPart = z.output<typeof Part>;

/** @throws ApiError 400. What the application adds to the body besides these is its own matter. */
export function readChatRequest(body: Record<string, unknown>) {
  const request = parseBody(ChatRequest, body);
  const described = Object.entries(request.tools ?? {}).map(([name, tool]) => ({ ...tool, name }));
  return { request, tools: clientToolsOf(described) };
}
