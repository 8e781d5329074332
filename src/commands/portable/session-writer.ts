import { maxId } from '../../base/global-id.ts';
import { noteDeed, operator } from '../../changes/audit.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { StartupError } from '../../config/startup-error.ts';
import { idList } from '../../storage/statements/dialect.ts';
import {
  forgetDeletedOrigin,
  hiddenSession,
  imported,
  insertHiddenSession,
  insertOrigin,
  insertRows,
  showImportedSession,
} from '../../storage/statements/imported-sessions.ts';
import { bytesOfMessages } from '../../storage/statements/removal.ts';
import type { Statements, Writer } from '../../storage/statements/statement.ts';
import { setSteeredPrompts } from '../../storage/statements/steering.ts';
import { settingBytes } from '../../storage/stored-bytes.ts';
import { LinePlaces, type LineRow } from './line-places.ts';
import type { AnyRecord, RecordOf } from './records.ts';
import {
  attachmentRows,
  messageRow,
  recordingRow,
  runRow,
  sessionSettings,
  stepRow,
  summaryRow,
  toolCallRow,
  usageRow,
} from './session-rows.ts';
import { SortedIds } from './sorted-ids.ts';

export interface SessionWriterOptions {
  statements: Statements;
  changes: ChangeLog;
}

type Part = Exclude<AnyRecord, RecordOf<'session'> | RecordOf<'sessionEnd'> | RecordOf<'end'>>;
type Joined = NonNullable<RecordOf<'message'>['joined']>;

/** Messages whose bytes are counted at once. */
const countedAtOnce = 1_000;

/** Writes the records of one session in pieces, in a session that is hidden until it is whole. */
export class SessionWriter {
  /** The hidden session. */
  readonly id: number;
  readonly #options: SessionWriterOptions;
  readonly #session: RecordOf<'session'>;
  readonly #lines = new LinePlaces();
  /** The ids in the file, and those that the database has given, in the same order. */
  readonly #messages = new SortedIds();
  readonly #messageIds: number[] = [];
  readonly #runs = new SortedIds();
  readonly #runIds: number[] = [];
  /** The prompts that have joined each answer, by the id of the answer. */
  readonly #joined = new Map<number, (Omit<Joined, 'answer'> & { messageId: number })[]>();

  private constructor(id: number, session: RecordOf<'session'>, options: SessionWriterOptions) {
    this.id = id;
    this.#session = session;
    this.#options = options;
  }

  /** Creates the hidden session. */
  static async begin(session: RecordOf<'session'>, options: SessionWriterOptions): Promise<SessionWriter> {
    const { userId, featureName, usage } = session;
    const id = await options.statements.transaction(async (tx) => {
      const row = await tx.get(insertHiddenSession, [userId, featureName, maxId, new Date()]);
      if (row === undefined) throw new Error('The statement that creates a session has returned no row.');
      await insertRows(
        tx,
        imported.usage,
        usage.map((each) => usageRow(row.id, each)),
      );
      return row.id;
    });
    return new SessionWriter(id, session, options);
  }

  /** Whether a record refers to one that was not written yet, so that those before it must be written first. */
  waitsFor(record: Part): boolean {
    if (record.type === 'message') return record.joined !== null && this.#idOf(record.joined.answer) === null;
    if (record.type !== 'run' || record.joinedRun === null) return false;
    return this.#runs.indexOf(record.joinedRun) < 0;
  }

  /**
   * Writes records in one transaction.
   *
   * @throws StartupError if a gateway has taken the session for one that was deleted, or if the transaction was rolled back.
   */
  async write(records: readonly Part[]): Promise<void> {
    let hasBegun = false;
    await this.#options.statements.transaction(async (tx) => {
      // What was noted of the records of a transaction that was rolled back would be wrong in the next one.
      if (hasBegun) throw broken();
      hasBegun = true;
      await tx.lockSession(this.id);
      if ((await tx.get(hiddenSession, [this.id])) === undefined) throw takenAway();
      await this.#writeMessages(tx, ofType(records, 'message'));
      await this.#writeParts(tx, records);
      await this.#writeRuns(tx, ofType(records, 'run'));
    });
  }

  /**
   * Shows the session, and tells those who watch the sessions of its user.
   *
   * @returns Whether it is shown. False: the user has got the same session from another import meanwhile.
   */
  async show({ head }: RecordOf<'sessionEnd'>): Promise<boolean> {
    const { statements, changes } = this.#options;
    const { origin, userId } = this.#session;
    const bytes = settingBytes(this.#session) + (await this.#countBytes());
    const headId =
      head === null || head === this.#messages.at(this.#messages.length - 1) ? null : this.#idOf(head);
    const count = this.#messageIds.length;
    return await statements.transaction(async (tx) => {
      await tx.lockSession(this.id);
      await tx.run(forgetDeletedOrigin, [origin, userId]);
      if ((await tx.get(insertOrigin, [this.id, origin, userId])) === undefined) return false;
      const settings = sessionSettings(this.#session);
      const shown = await tx.get(showImportedSession, [...settings, headId, bytes, count, this.id, count]);
      if (shown === undefined) throw takenAway();
      const [subject, detail] = [`Session:${this.id}`, `from ${origin}`];
      await noteDeed(tx, operator, { action: 'SESSION_IMPORTED', ownerId: userId, subject, detail });
      await changes.write(tx, [{ kind: 'SessionCreated', sessionId: this.id, userId }]);
      return true;
    });
  }

  async #writeMessages(tx: Writer, messages: readonly RecordOf<'message'>[]): Promise<void> {
    const rows = messages.map((message) =>
      messageRow(this.id, message, message.joined && this.#idOf(message.joined.answer)),
    );
    const ids = await insertRows(tx, imported.messages, rows);
    const lines: LineRow[] = [];
    for (const [at, message] of messages.entries()) {
      const id = ids[at] ?? 0;
      const index = message.parent === null ? -1 : this.#messages.indexOf(message.parent);
      const parent = message.parent === null ? null : { id: this.#messageIds[index] ?? 0, index };
      const line = this.#lines.place(id, this.#messages.length, parent);
      if (line) lines.push(line);
      this.#messages.add(message.id);
      this.#messageIds.push(id);
      if (message.joined) await this.#join(tx, id, message.joined);
    }
    const lineRows = lines.map(([firstId, ...rest]) => [firstId, this.id, ...rest]);
    await insertRows(tx, imported.lines, lineRows);
  }

  async #join(tx: Writer, messageId: number, { answer, ...place }: Joined): Promise<void> {
    const answerId = this.#idOf(answer) ?? 0;
    const prompts = [...(this.#joined.get(answerId) ?? []), { messageId, ...place }];
    this.#joined.set(answerId, prompts);
    await tx.run(setSteeredPrompts, [JSON.stringify(prompts), answerId]);
  }

  async #writeParts(tx: Writer, records: readonly Part[]): Promise<void> {
    const idOf = (message: number) => this.#idOf(message) ?? 0;
    const messages = ofType(records, 'message');
    const recordings = messages.flatMap(({ id, recording }) =>
      recording ? [recordingRow(idOf(id), recording)] : [],
    );
    const attachments = messages.flatMap((each) => attachmentRows(this.id, idOf(each.id), each.attachments));
    const calls = ofType(records, 'toolCall').map((call) => toolCallRow(idOf(call.message), call));
    const steps = ofType(records, 'step').map((step) => stepRow(idOf(step.message), step));
    const summaries = ofType(records, 'summary').map((each) => summaryRow(this.id, idOf(each.message), each));
    await insertRows(tx, imported.recordings, recordings);
    await insertRows(tx, imported.attachments, attachments);
    await insertRows(tx, imported.toolCalls, calls);
    await insertRows(tx, imported.steps, steps);
    await insertRows(tx, imported.summaries, summaries);
  }

  async #writeRuns(tx: Writer, runs: readonly RecordOf<'run'>[]): Promise<void> {
    const rows = runs.map((run) => {
      const joinedRunId =
        run.joinedRun === null ? null : (this.#runIds[this.#runs.indexOf(run.joinedRun)] ?? null);
      const [promptId, answerId] = [this.#idOf(run.prompt), this.#idOf(run.answer)];
      return runRow({ sessionId: this.id, promptId, answerId, joinedRunId }, run);
    });
    this.#runIds.push(...(await insertRows(tx, imported.runs, rows)));
    for (const { id } of runs) this.#runs.add(id);
  }

  async #countBytes(): Promise<number> {
    let sum = 0;
    for (let start = 0; start < this.#messageIds.length; start += countedAtOnce) {
      const list = idList(this.#messageIds.slice(start, start + countedAtOnce));
      const row = await this.#options.statements.get(bytesOfMessages, [list, list, list, list, list]);
      sum += Number(row?.bytes ?? 0);
    }
    return sum;
  }

  /** The id in the database. Null: the message was not written yet. */
  #idOf(message: number | null): number | null {
    if (message === null) return null;
    return this.#messageIds[this.#messages.indexOf(message)] ?? null;
  }
}

function ofType<Type extends Part['type']>(records: readonly Part[], type: Type): RecordOf<Type>[] {
  return records.filter((record) => record.type === type) as unknown as RecordOf<Type>[];
}

function takenAway(): StartupError {
  return new StartupError(
    'A gateway that was started meanwhile has taken a half-imported session for a deleted one. Run the same command again: it goes on where it was.',
  );
}

function broken(): StartupError {
  return new StartupError(
    'The database has broken off a transaction. Run the same command again: it goes on where it was.',
  );
}
