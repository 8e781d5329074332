import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  LanguageModelV3FilePart,
  LanguageModelV3Message,
  LanguageModelV3TextPart,
} from '@ai-sdk/provider';
import { BlobNotFoundError } from '../../blobs/blob-store.ts';
import { inputTypeOf } from '../attachments/input-type.ts';
import { isTaken } from '../attachments/sent-attachments.ts';
import type { AttachedFile, ToldPrompt, Turn } from './answer-step.ts';

export interface AttachedFilesOptions {
  /** Whether the model takes files of a type, besides text. */
  takes(mimeType: string): boolean;
  /** Most bytes of all files in one request. */
  maxBytes: number;
  /** Opens the bytes of a file by its hash. */
  open(sha256: string): Promise<Readable>;
}

type UserPart = LanguageModelV3TextPart | LanguageModelV3FilePart;

/** The parts that stand for the attachments of a prompt: of a turn, or one that joined an answer. */
export type FileParts = ReadonlyMap<Turn | ToldPrompt, UserPart[]>;

/** Tokens of a sentence that stands for a file. */
const sentenceTokens = 30;

/** Estimated tokens of attachments for a model. */
export function attachmentTokens(
  files: readonly AttachedFile[],
  model: Pick<AttachedFilesOptions, 'takes'>,
): number {
  return files.reduce(
    (sum, { mimeType, tokenCount }) => sum + (isTaken(mimeType, model) ? tokenCount : sentenceTokens),
    0,
  );
}

/**
 * Reads the attachments of turns for one request. The newest are read first; as soon as one does not fit, it and all
 * older ones are left out. A sentence stands for each file that the model is not shown, and says why: nothing fails,
 * because the model may have been changed since the file was sent.
 */
export async function readAttachedFiles(
  turns: readonly Turn[],
  options: AttachedFilesOptions,
): Promise<FileParts> {
  const parts = new Map<Turn | ToldPrompt, UserPart[]>();
  let left = options.maxBytes;
  for (const prompt of turns.flatMap(promptsOf).toReversed()) {
    if (prompt.files.length === 0) continue;
    const read: UserPart[] = [];
    for (const file of prompt.files) {
      const isShown = isTaken(file.mimeType, options);
      if (isShown) left = file.size > left ? Number.NEGATIVE_INFINITY : left - file.size;
      if (!isShown) read.push(sentence(file, `is not shown, because this model takes no ${file.mimeType}`));
      else if (left >= 0) read.push(await readFile(file, options));
      else read.push(sentence(file, 'is not shown any more, because newer files fill the request'));
    }
    parts.set(prompt, read);
  }
  return parts;
}

/** The prompt of a turn, and those that joined its answer. */
function promptsOf(turn: Turn): (Turn | ToldPrompt)[] {
  return [turn, ...turn.steps.flatMap(({ prompts }) => prompts ?? [])];
}

async function readFile(file: AttachedFile, { open }: AttachedFilesOptions): Promise<UserPart> {
  const { sha256, mimeType, filename } = file;
  let data: Buffer;
  try {
    data = await buffer(await open(sha256));
  } catch (error) {
    if (!(error instanceof BlobNotFoundError)) throw error;
    return sentence(file, 'is lost');
  }
  if (inputTypeOf(mimeType) !== 'TEXT') {
    // In a turn of its own. The packages of the providers would make it together with the JSON of the whole request.
    const base64 = data.toString('base64');
    await nextTurn();
    return { type: 'file', mediaType: mimeType, data: base64, ...(filename !== null && { filename }) };
  }
  const text = new TextDecoder().decode(data);
  return { type: 'text', text: `<file name=${JSON.stringify(nameOf(file))}>\n${text}\n</file>` };
}

function sentence(file: AttachedFile, what: string): LanguageModelV3TextPart {
  return { type: 'text', text: `(The file ${JSON.stringify(nameOf(file))} ${what}.)` };
}

function nameOf({ filename, position }: AttachedFile): string {
  return filename ?? `file ${position + 1}`;
}

/** The message of prompts that joined an answer. There is one for all that joined at once, because prompts and answers alternate. */
export function joinedMessage(prompts: readonly ToldPrompt[], files: FileParts): LanguageModelV3Message {
  const parts = prompts.map((prompt) => [
    ...(files.get(prompt) ?? []),
    { type: 'text' as const, text: prompt.text },
  ]);
  return { role: 'user', content: joinTexts(parts.flat()) };
}

/** What stands in place of the end of an answer that prompts have joined. */
export const joinedNote = '(The user has sent another prompt before this answer was finished.)';

/** Joins the texts that lie side by side: servers that take no files want a single text. */
export function joinTexts(parts: readonly UserPart[]): UserPart[] {
  const joined: UserPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.type === 'text' && last?.type === 'text') last.text += `\n\n${part.text}`;
    else joined.push({ ...part });
  }
  return joined;
}
