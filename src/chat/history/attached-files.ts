import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type {
  LanguageModelV3FilePart,
  LanguageModelV3Message,
  LanguageModelV3TextPart,
} from '@ai-sdk/provider';
import { isBlank } from '../../base/is-blank.ts';
import { BlobNotFoundError } from '../../blobs/blob-store.ts';
import { inputTypeOf } from '../attachments/input-type.ts';
import { isTaken } from '../attachments/sent-attachments.ts';
import { markFile } from '../models/wire/file-marks.ts';
import type { AttachedFile, ToldPrompt, Turn } from './answer-step.ts';

export interface AttachedFilesOptions {
  /** Whether the model takes files of a type, besides text. */
  takes(mimeType: string): boolean;
  /** Most bytes of all files in one request. */
  maxBytes: number;
  store: FileStore;
}

/** The bytes of files, by their hashes. */
export interface FileStore {
  /** @throws BlobNotFoundError. */
  open(sha256: string): Promise<Readable>;
  /** In bytes; null if they are lost. */
  size(sha256: string): Promise<number | null>;
}

type UserPart = LanguageModelV3TextPart | LanguageModelV3FilePart;

/** The parts that stand for the attachments of a prompt: of a turn, or one that joined an answer. */
export type FileParts = ReadonlyMap<Turn | ToldPrompt, UserPart[]>;

export interface AttachedFiles {
  parts: FileParts;
  /** The bytes of the files that the model is shown. */
  bytes: number;
}

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
 * Reads the attachments of turns for one request: the texts, and a mark for each other file, which is read when the
 * request is sent. The newest come first; as soon as one does not fit, it and all older ones are left out. A sentence stands for each file that the model is not shown, and says why: nothing fails,
 * because the model may have been changed since the file was sent.
 */
export async function readAttachedFiles(
  turns: readonly Turn[],
  options: AttachedFilesOptions,
): Promise<AttachedFiles> {
  const parts = new Map<Turn | ToldPrompt, UserPart[]>();
  let left = options.maxBytes;
  let bytes = 0;
  for (const prompt of turns.flatMap(promptsOf).toReversed()) {
    if (prompt.files.length === 0) continue;
    const read: UserPart[] = [];
    for (const file of prompt.files) {
      const isShown = isTaken(file.mimeType, options);
      if (isShown) left = file.size > left ? Number.NEGATIVE_INFINITY : left - file.size;
      if (isShown && left >= 0) bytes += file.size;
      if (!isShown) read.push(sentence(file, `is not shown, because this model takes no ${file.mimeType}`));
      else if (left >= 0) read.push(await readFile(file, options));
      else read.push(sentence(file, 'is not shown any more, because newer files fill the request'));
    }
    parts.set(prompt, read);
  }
  return { parts, bytes };
}

/** The prompt of a turn, and those that joined its answer. */
function promptsOf(turn: Turn): (Turn | ToldPrompt)[] {
  return [turn, ...turn.steps.flatMap(({ prompts }) => prompts ?? [])];
}

async function readFile(file: AttachedFile, { store }: AttachedFilesOptions): Promise<UserPart> {
  const { sha256, mimeType, filename } = file;
  if (inputTypeOf(mimeType) === 'TEXT') return readText(file, store);
  const size = await store.size(sha256);
  if (size === null) return sentence(file, 'is lost');
  const data = markFile({ sha256, size });
  return { type: 'file', mediaType: mimeType, data, ...(filename !== null && { filename }) };
}

async function readText(file: AttachedFile, store: FileStore): Promise<UserPart> {
  try {
    const text = new TextDecoder().decode(await buffer(await store.open(file.sha256)));
    return { type: 'text', text: `<file name=${JSON.stringify(nameOf(file))}>\n${text}\n</file>` };
  } catch (error) {
    if (error instanceof BlobNotFoundError) return sentence(file, 'is lost');
    throw error;
  }
}

function sentence(file: AttachedFile, what: string): LanguageModelV3TextPart {
  return { type: 'text', text: `(The file ${JSON.stringify(nameOf(file))} ${what}.)` };
}

function nameOf({ filename, position }: AttachedFile): string {
  return filename ?? `file ${position + 1}`;
}

/** The message of prompts that joined an answer. There is one for all that joined at once, because prompts and answers alternate. */
export function joinedMessage(prompts: readonly ToldPrompt[], files: FileParts): LanguageModelV3Message {
  return {
    role: 'user',
    content: joinTexts(prompts.flatMap((prompt) => promptParts(files.get(prompt), prompt.text))),
  };
}

/** The files of a prompt before its text. A prompt that is only files has no text: providers refuse a blank one. */
export function promptParts(files: readonly UserPart[] = [], text: string): UserPart[] {
  return files.length > 0 && isBlank(text) ? [...files] : [...files, { type: 'text', text }];
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
