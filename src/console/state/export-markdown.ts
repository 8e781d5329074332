import type { ToolCall } from '../../client/answer.ts';
import type { ExportedMessageFragment } from '../../gql/console/graphql.ts';
import { type AnswerPart, partsOf } from './answer-parts.ts';
import type { ExportedSession } from './exported-session.ts';
import { displayedTitle, oneLine } from './session-title.ts';
import { modelLabel } from './used-model.ts';

/** A session and its messages as a text for people. Files and recordings are named, and not in it. */
export function markdownOf(session: ExportedSession, messages: readonly ExportedMessageFragment[]): string {
  const facts = [
    `Created: ${session.createdAt}`,
    session.modelName != null && `Model: ${modelLabel(session)}`,
    session.tags.length > 0 && `Tags: ${session.tags.join(', ')}`,
  ];
  const blocks = [
    `# ${oneLine(displayedTitle(session))}`,
    facts.filter(Boolean).join('  \n'),
    session.systemPrompt != null && `## Instructions\n\n${session.systemPrompt}`,
    ...messages.map(messageText),
  ];
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}

function messageText(message: ExportedMessageFragment): string {
  const { role, createdAt, content, attachments, audio, status, error, steeredInto } = message;
  const blocks = [
    `## ${role === 'USER' ? 'You' : 'Answer'} (${createdAt})${steeredInto ? ', within the answer above' : ''}`,
    ...attachments.map(
      ({ filename, mimeType, size }) => `Attached: ${nameOf(filename)} (${mimeType}, ${size} bytes)`,
    ),
    ...(role === 'USER' ? [content] : answerBlocks(message)),
    audio && `Recording: ${nameOf(audio.filename)} (${audio.mimeType}, ${audio.size} bytes)`,
    status !== 'COMPLETE' && `*${statusText(status)}${error ? ` ${oneLine(error.message)}` : ''}*`,
  ];
  return blocks.filter((each) => typeof each === 'string' && each !== '').join('\n\n');
}

/** The reasoning, the text and the tool calls, in the order in which they were made. */
function answerBlocks({ content, reasoning, toolCalls }: ExportedMessageFragment): string[] {
  const calls = toolCalls.map((call) => ({ ...call, output: '' }));
  // A prompt that joined the answer is a message of its own.
  return partsOf({ content, reasoning: reasoning ?? '', toolCalls: calls, steered: [] }).map(partText);
}

function partText(part: AnswerPart): string {
  if (part.type === 'call') return callText(part.call);
  if (part.type === 'prompt') return part.prompt.content;
  return part.type === 'reasoning' ? quoted(`Reasoning\n\n${part.text}`) : part.text;
}

function callText({ name, nodeId, status, args, changedArgs, result }: ToolCall): string {
  const where = nodeId == null ? '' : ` on ${code(nodeId)}`;
  return [
    `**Tool ${code(name)}${where}: ${status.toLowerCase().replaceAll('_', ' ')}**`,
    fenced(typeof args === 'string' ? args : JSON.stringify(args, null, 2), 'json'),
    changedArgs != null &&
      `Changed by the user to:\n\n${fenced(JSON.stringify(changedArgs, null, 2), 'json')}`,
    result != null && result !== '' && `Result:\n\n${fenced(result, '')}`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

function statusText(status: ExportedMessageFragment['status']): string {
  const texts = {
    STREAMING: 'This answer was still being written.',
    CANCELLED: 'Stopped before it was complete.',
    FAILED: 'Failed before it was complete.',
    INTERRUPTED: 'The gateway stopped before it was complete.',
    COMPLETE: '',
  };
  return texts[status];
}

function nameOf(filename: string | null | undefined): string {
  return filename == null ? 'a file without a name' : code(filename);
}

/** A fence that is longer than every row of backticks in the text. */
function fenced(text: string, language: string): string {
  const fence = '`'.repeat(Math.max(3, longestTicks(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

function code(text: string): string {
  const line = oneLine(text);
  const ticks = '`'.repeat(longestTicks(line) + 1);
  return line.includes('`') ? `${ticks} ${line} ${ticks}` : `${ticks}${line}${ticks}`;
}

function longestTicks(text: string): number {
  return text.match(/`+/g)?.reduce((longest, { length }) => Math.max(longest, length), 0) ?? 0;
}

function quoted(text: string): string {
  return text.replaceAll(/^/gm, '> ');
}
