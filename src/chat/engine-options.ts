import type { Logger } from 'pino';
import type { Bus } from '../bus/bus.ts';
import type { ChangeLog } from '../changes/change-log.ts';
import type { Lease } from '../lease/lease.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { RunSlotLimits } from '../limits/run-slots.ts';
import type { RoomLimits } from '../limits/shared-room.ts';
import type { UserCount } from '../limits/user-count.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Database } from '../storage/database.ts';
import type { Backlog } from '../storage/search/backlog.ts';
import type { Statements } from '../storage/statements/statement.ts';
import type { ToolRunner } from '../tools/tool-runner.ts';
import type { Traces } from '../traces/traces.ts';
import type { AttachmentLimits } from './attachments/sent-attachments.ts';
import type { Budgets } from './budgets/budgets.ts';
import type { RunLog } from './log/run-writer.ts';
import type { Models } from './models/models.ts';
import type { Checkpointer } from './run/checkpoint.ts';
import type { ExecuteRunOptions } from './run/execute-run.ts';
import type { ResumeRuns } from './run/resume-point.ts';
import type { RunLimits } from './run/run-limits.ts';
import type { UploadedBlobs } from './uploads/uploaded-blobs.ts';

export interface EngineLimits {
  run: RunLimits;
  slots: RunSlotLimits;
  /** Runs of one session that may wait in the queue at once. */
  maxQueuedRuns: number;
  attachments: AttachmentLimits;
  /** For the attachments that all runs send to models at the same moment. */
  attachmentRoom: RoomLimits;
  resumeRuns: ResumeRuns;
  /** How long a model may take to sum up older messages, in milliseconds. */
  summaryTimeoutMs: number;
  /** The longest result of a tool that a client runs, in bytes of UTF-8. */
  maxClientResultBytes: number;
}

export interface EngineOptions {
  database: Database;
  statements: Statements;
  lease: Lease;
  models: Models;
  tools: ToolRunner;
  runLog: RunLog;
  changes: ChangeLog;
  /** The bus of the run logs. */
  bus: Bus;
  /** A bus whose rings reach all gateways. */
  rings: Bus;
  checkpointer: Checkpointer;
  /** Undefined for a gateway that counts nothing. */
  metrics?: Metrics | undefined;
  /** Undefined for a gateway that makes no traces. */
  traces?: Traces | undefined;
  log: Logger;
  limits: EngineLimits;
  quotas: Quotas;
  budgets: Budgets;
  /** The bytes of attachments. */
  blobs: UploadedBlobs;
  /** Is told when there are new messages. */
  searchBacklog: Pick<Backlog, 'collect'>;
  /** Is told of complete answers. */
  onAnswered?: ExecuteRunOptions['onAnswered'];
  /** Counts the live runs of users. */
  liveRunsOfUsers: UserCount;
  /** How long a follower waits for a ring before it reads the log again, in milliseconds. */
  pollMs: number;
  /** Whether the gateway is overloaded. Then it refuses new prompts. */
  isOverloaded: () => boolean;
}
