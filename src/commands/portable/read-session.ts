import { maxId } from '../../base/global-id.ts';
import { groupBy } from '../../base/group-by.ts';
import { cleanFilename } from '../../chat/attachments/clean-filename.ts';
import type { SteeredPrompt } from '../../chat/history/steered-prompts.ts';
import type { Attachment, MessageAudio } from '../../generated/prisma/client.ts';
import { idList } from '../../storage/statements/dialect.ts';
import {
  exportedAttachments,
  exportedJoins,
  exportedMessages,
  exportedRecordings,
  exportedSummaries,
  sizesOfMessages,
} from '../../storage/statements/exported-messages.ts';
import { exportedSession, exportedUsage } from '../../storage/statements/exported-sessions.ts';
import { placesOfMessages } from '../../storage/statements/lines.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { inPieces } from './in-pieces.ts';
import { readRuns } from './read-runs.ts';
import { readCalls, readSteps } from './read-steps.ts';
import { filesOf } from './records.ts';
import { writeRecord } from './write-record.ts';

/** Messages whose sizes are read at once. */
const sizesAtOnce = 1_000;

/** What a session has, apart from its lines. */
export interface SessionContent {
  messages: number;
  runs: number;
  /** The message that the session shows last; null if it has no messages. */
  head: number | null;
  /** The hashes of its recordings and attachments. */
  files: Set<string>;
}

/**
 * Reads a session as lines, each message behind its parent and before what belongs to it.
 *
 * @param reader A snapshot, so that all is as it was at one moment.
 * @returns What the session has; undefined if there is no such session any more.
 */
export async function* readSession(
  reader: Reader,
  id: number,
  installation: string,
): AsyncGenerator<string, SessionContent | undefined> {
  const session = await reader.get(exportedSession, [id]);
  if (session === undefined) return undefined;
  const { settingsText, tagsText, metadataText, clearedThroughId, headId, origin, ...kept } = session;
  // Not sorted by the database, because each sorts texts in its own way.
  const usage = (await reader.all(exportedUsage, [id]))
    .map(({ sessionId: _, ...row }) => row)
    .toSorted((a, b) => (`${a.providerName}/${a.modelName}` < `${b.providerName}/${b.modelName}` ? -1 : 1));
  yield writeRecord(
    { type: 'session', ...kept, origin: origin ?? originOf(installation, kept), usage },
    { settings: settingsText, tags: tagsText, metadata: metadataText },
  );
  const content: SessionContent = { messages: 0, runs: 0, head: headId, files: new Set() };
  const ids = new Set<number>();
  let newest = 0;
  for (let after = clearedThroughId; after < maxId; ) {
    const sizes = await reader.all(sizesOfMessages, [id, after, id, maxId, sizesAtOnce]);
    for (const piece of inPieces(sizes)) yield* readMessages(reader, piece, content, ids);
    newest = sizes.at(-1)?.id ?? newest;
    after = sizes.length < sizesAtOnce ? maxId : newest;
  }
  content.messages = ids.size;
  content.runs = yield* readRuns(reader, id, ids);
  const shown = headId ?? newest;
  return { ...content, head: ids.has(shown) ? shown : newest || null };
}

/** The name that a session keeps wherever it is imported. */
export function originOf(installation: string, { id, createdAt }: { id: number; createdAt: Date }): string {
  return `${installation}:${id}:${createdAt.getTime()}`;
}

async function* readMessages(
  reader: Reader,
  ids: readonly number[],
  { files }: SessionContent,
  read: Set<number>,
): AsyncGenerator<string> {
  const list = idList(ids);
  const parents = byKey(await reader.all(placesOfMessages, [list]), ({ id }) => id);
  const recordings = byKey(await reader.all(exportedRecordings, [list]), ({ messageId }) => messageId);
  const attachments = groupBy(await reader.all(exportedAttachments, [list]), ({ messageId }) => messageId);
  const summaries = byKey(await reader.all(exportedSummaries, [list]), ({ throughId }) => throughId);
  const calls = await readCalls(reader, ids);
  const steps = await readSteps(reader, ids);
  const joins = byKey(await reader.all(exportedJoins, [list]), ({ id }) => id);
  for (const row of await reader.all(exportedMessages, [list])) {
    const { id, steeredIntoId, workspaceManifestsText, ...kept } = row;
    read.add(id);
    const recording = recordings.get(id);
    const attached = attachments.get(id) ?? [];
    for (const { sha256 } of filesOf<{ sha256: string }>({ recording, attachments: attached }))
      files.add(sha256);
    yield writeRecord(
      {
        type: 'message',
        id,
        parent: parents.get(id)?.parentId || null,
        ...kept,
        status: kept.status === 'STREAMING' ? 'INTERRUPTED' : kept.status,
        joined: joinedOf(id, steeredIntoId, joins.get(id)?.promptsText),
        recording: recording ? { ...fileOf(recording), durationSeconds: recording.durationSeconds } : null,
        attachments: attached.map((row) => ({ ...fileOf(row), ...measuresOf(row) })),
      },
      { workspaceManifests: workspaceManifestsText },
    );
    yield* calls(id);
    yield* steps(id);
    const summary = summaries.get(id);
    if (summary) {
      const { throughId, ...rest } = summary;
      yield writeRecord({ type: 'summary', message: throughId, ...rest });
    }
  }
}

/** Where a prompt has joined an answer. */
function joinedOf(id: number, answer: number | null, promptsText: string | undefined) {
  if (answer === null || promptsText === undefined) return null;
  const place = (JSON.parse(promptsText) as SteeredPrompt[]).find(({ messageId }) => messageId === id);
  if (place === undefined) return null;
  const { step, textOffset, reasoningOffset, callsBefore } = place;
  return { answer, step, textOffset, reasoningOffset, callsBefore };
}

function fileOf({ sha256, mimeType, size, filename, uploadedAt }: Attachment | MessageAudio) {
  return { sha256, mimeType, size, filename: filename && cleanFilename(filename), uploadedAt };
}

function measuresOf({ width, height, pageCount, durationSeconds, tokenCount }: Attachment) {
  return { width, height, pageCount, durationSeconds, tokenCount };
}

function byKey<Row>(rows: readonly Row[], keyOf: (row: Row) => number): Map<number, Row> {
  return new Map(rows.map((row) => [keyOf(row), row]));
}
