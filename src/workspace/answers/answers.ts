import type { Logger } from 'pino';
import type { Parameter, Statement, Statements } from '../../storage/statements/statement.ts';
import { closeWrite, folderOfNode, openWrite } from '../../storage/statements/workspace-nodes.ts';
import { noteBytes } from '../../sync/file-tools/reading-tools.ts';
import type { FileCopy, ReadingCall, WritingCall } from '../../tools/file-copy.ts';
import type { ToolOutcome } from '../../tools/tool-runner.ts';
import type { Contents } from '../contents/contents.ts';
import type { TreeCache } from '../tree/tree-cache.ts';
import { type Answer, type AnswerJob, answerCall } from './answer-call.ts';
import { AnswerThread } from './answer-thread.ts';
import { questionOf } from './question.ts';
import { readSnapshot } from './snapshot.ts';

interface AnswersOptions {
  statements: Statements;
  contents: Pick<Contents, 'read'>;
  trees: Pick<TreeCache, 'find'>;
  log: Logger;
}

/**
 * Answers the calls of tools that read files from the gateway's copy. It answers only what the node would answer in the
 * same way: when the node has the newest revision, has said that its tools show the same, and no call has changed
 * anything that may be missing here. Everything unusual is left to the node.
 */
export class Answers implements FileCopy, AsyncDisposable {
  readonly #options: AnswersOptions;
  readonly #thread = new AnswerThread();
  /** The calls that may be changing files. */
  readonly #writing = new Set<WritingCall>();

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  async answer(call: ReadingCall): Promise<ToolOutcome | undefined> {
    try {
      const answer = await this.#answer(call);
      if (answer === undefined) return undefined;
      return 'errorCode' in answer ? { status: 'FAILED', ...answer } : { status: 'SUCCEEDED', ...answer };
    } catch (err) {
      const { sessionId, tool } = call;
      this.#options.log.warn({ err, sessionId, tool }, 'a call could not be answered without its node');
      return undefined;
    }
  }

  async begin(call: WritingCall): Promise<void> {
    const { sessionId, agentNodeId, dispatchId } = call;
    this.#writing.add(call);
    await this.#store(openWrite, [dispatchId, sessionId, agentNodeId]);
  }

  async end(call: WritingCall, isSynced: boolean): Promise<void> {
    const { sessionId, agentNodeId, dispatchId } = call;
    try {
      // Another call that was begun later may have ended before this one.
      if (!isSynced) await this.#store(openWrite, [dispatchId, sessionId, agentNodeId]);
      else await this.#store(closeWrite, [sessionId, agentNodeId, dispatchId]);
    } finally {
      this.#writing.delete(call);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread[Symbol.asyncDispose]();
  }

  async #store(statement: Statement<unknown>, parameters: Parameter[]): Promise<void> {
    await this.#options.statements.transaction((tx) => tx.run(statement, parameters));
  }

  async #answer(call: ReadingCall): Promise<Answer> {
    const { statements, trees, contents } = this.#options;
    const { sessionId, agentNodeId } = call;
    const isWriting = [...this.#writing].some(
      (each) => each.sessionId === sessionId && each.agentNodeId === agentNodeId,
    );
    if (isWriting) return undefined;
    const node = await statements.get(folderOfNode, [sessionId, agentNodeId]);
    if (node?.folderState !== 'SAME' && node?.folderState !== 'MORE') return undefined;
    const { syncStatus, syncRevision, maxResultBytes, openWrite: unsynced } = node;
    const hasAll = syncStatus === 'SYNCED' || syncStatus === 'CONFLICT';
    if (!hasAll || unsynced !== null || maxResultBytes === null) return undefined;
    const known = await trees.find(sessionId);
    if (known === undefined || known.revision !== syncRevision) return undefined;
    const { tool, args } = call;
    const question = questionOf(tool, args, { tree: known.tree, isSame: node.folderState === 'SAME' });
    const snapshot = question && (await readSnapshot(contents, sessionId, question.chosen));
    if (question === undefined || snapshot === undefined) return undefined;
    const { target } = question;
    const maxOutputBytes = Math.min(Math.max(1, call.maxOutputBytes - noteBytes), maxResultBytes);
    const job: AnswerJob = { tool, args, target, maxOutputBytes, snapshot };
    return tool === 'read_file' ? answerCall(job) : this.#thread.answer(job);
  }
}
