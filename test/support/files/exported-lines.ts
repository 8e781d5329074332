import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Line = Record<string, unknown>;

const at = '2026-03-31T12:00:00.000Z';

// The lines of an export, written by the words of src/commands/portable/README.md and without the program's own code.

export const header = (fields: Line = {}): Line => ({
  type: 'export',
  format: 'switchyard.sessions',
  version: '1.0',
  installation: 'there',
  selection: { userId: null, sessionIds: null, since: null },
  ...fields,
});

export const session = (fields: Line = {}): Line => ({
  ...{
    type: 'session',
    id: 7,
    origin: 'there:7:1',
    userId: 'anonymous',
    title: 'Kept',
    featureName: 'default',
  },
  ...{ providerName: null, modelName: null, systemPrompt: null, contextTokens: 0, toolApproval: 'ASK' },
  ...{ askUser: false, createdAt: at, updatedAt: at, lastActivityAt: at, archivedAt: null, pinnedAt: null },
  ...{ usage: [], settings: null, tags: [], metadata: null },
  ...fields,
});

export const message = (id: number, parent: number | null, fields: Line = {}): Line => ({
  ...{
    type: 'message',
    id,
    parent,
    role: 'USER',
    status: 'COMPLETE',
    content: `Message ${id}`,
    reasoning: null,
  },
  ...{ finishReason: null, cancelCause: null, tokenCount: 2, createdAt: at, joined: null, recording: null },
  ...{ attachments: [], workspaceManifests: null },
  ...fields,
});

export const answer = (id: number, parent: number | null, fields: Line = {}): Line =>
  message(id, parent, { role: 'ASSISTANT', ...fields });

export const toolCall = (of: number, fields: Line = {}): Line => ({
  ...{ type: 'toolCall', message: of, callId: 'c1', name: 'work', status: 'SUCCEEDED', byClient: false },
  ...{ nodeId: null, result: 'ok', errorCode: null, exitCode: 0, durationMs: 3, stopped: null, step: 1 },
  ...{ textOffset: 0, reasoningOffset: 0, expiresAt: null, decision: null, decisionReason: null },
  ...{ decidedBy: null, byGrant: false, decidedAt: null, startedAt: at, args: {}, changedArgs: null },
  ...fields,
});

export const step = (of: number, fields: Line = {}): Line => ({
  ...{ type: 'step', message: of, step: 1, providerName: 'p', modelName: 'm', parts: [] },
  ...fields,
});

export const run = (id: number, prompt: number | null, of: number | null, fields: Line = {}): Line => ({
  ...{ type: 'run', id, prompt, answer: of, joinedRun: null, joinedSeq: null, status: 'COMPLETED' },
  ...{
    providerName: 'p',
    modelName: 'm',
    lastSeq: 9,
    finishReason: 'STOP',
    cancelCause: null,
    errorCode: null,
  },
  ...{ errorMessage: null, inputTokens: 1, outputTokens: 2, reasoningTokens: 0, cachedInputTokens: 0 },
  ...{
    cacheWriteInputTokens: 0,
    usageMeasured: true,
    createdAt: at,
    startedAt: at,
    finishedAt: at,
    settings: null,
  },
  ...fields,
});

export const attachment = (sha256: string, size: number, fields: Line = {}): Line => ({
  ...{
    sha256,
    size,
    mimeType: 'text/plain',
    filename: 'note.txt',
    uploadedAt: at,
    width: null,
    height: null,
  },
  ...{ pageCount: null, durationSeconds: null, tokenCount: 1 },
  ...fields,
});

/** The line with which a session ends. */
export const sessionEnd = (head: number | null, messages: number, fields: Line = {}): Line => ({
  ...{ type: 'sessionEnd', id: 7, head, messages, runs: 0, missingFiles: [] },
  ...fields,
});

/** An export with one session. */
export function exportOf(lines: readonly Line[]): Line[] {
  return [header(), ...lines, { type: 'end', sessions: 1 }];
}

/** Writes an export to a folder. */
export async function writeExport(folder: string, lines: readonly (Line | string | Buffer)[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const bytes = lines.map((line) => {
    if (Buffer.isBuffer(line)) return line;
    return Buffer.from(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`);
  });
  await writeFile(join(folder, 'sessions.jsonl'), Buffer.concat(bytes));
}
