import type { Logger } from 'pino';
import type { Actor } from './changes/audit.ts';
import type { Changes } from './changes/changes.ts';
import type { AttachmentLibrary } from './chat/attachments/attachment-library.ts';
import type { AudioLibrary } from './chat/audio/audio-library.ts';
import type { Budgets } from './chat/budgets/budgets.ts';
import type { Engine } from './chat/engine.ts';
import type { Models } from './chat/models/models.ts';
import type { RemovalSweep } from './chat/removal/removal-sweep.ts';
import type { Sessions } from './chat/sessions/sessions.ts';
import type { UploadedBlobs } from './chat/uploads/uploaded-blobs.ts';
import type { Prices } from './chat/usage/prices.ts';
import type { ApiTokens } from './identity/api-tokens.ts';
import type { StreamTicket, StreamTickets } from './identity/stream-tickets.ts';
import type { TokenWatcher } from './identity/token-watcher.ts';
import type { Viewer } from './identity/viewer.ts';
import type { CostAccount } from './limits/cost-account.ts';
import type { Followers } from './limits/followers.ts';
import type { ResultBudget } from './limits/result-budget.ts';
import type { Attachments } from './nodes/attachments.ts';
import type { NodeDispatcher } from './nodes/node-dispatcher.ts';
import type { Nodes } from './nodes/nodes.ts';
import type { NodeIdentity } from './nodes/presence/connected-nodes.ts';
import type { Registry } from './nodes/registry.ts';
import type { Database } from './storage/database.ts';
import type { Backlog } from './storage/search/backlog.ts';
import type { Statements } from './storage/statements/statement.ts';
import type { Workspaces } from './workspace/workspaces.ts';

/** The services that resolvers use. All requests to a gateway share them. */
export interface Services {
  database: Database;
  /** The prepared statements of the hot paths. Everything else uses `database`. */
  statements: Statements;
  models: Models;
  /** What the tokens of models cost. */
  prices: Prices;
  /** What users may spend. */
  budgets: Budgets;
  engine: Engine;
  sessions: Sessions;
  changes: Changes;
  /** Deletes the rows of deleted sessions and cleared messages. */
  sweep: RemovalSweep;
  /** Adds messages to the search that were written without it. */
  searchBacklog: Backlog;
  audio: AudioLibrary;
  attachmentLibrary: AttachmentLibrary;
  /** The bytes of recordings and attachments. */
  blobs: UploadedBlobs;
  followers: Followers;
  nodes: Nodes;
  attachments: Attachments;
  registry: Registry;
  dispatcher: NodeDispatcher;
  /** The files that sessions share with their nodes. */
  workspaces: Workspaces;
  /** Ends subscriptions when the token they were opened with is no longer valid. */
  tokenWatcher: TokenWatcher;
  /** The API tokens of users. */
  tokens: ApiTokens;
  streamTickets: StreamTickets;
  /** Longest prompt that is accepted, in bytes of UTF-8. */
  maxPromptBytes: number;
  /** Most items in one page of a connection. */
  maxPageSize: number;
}

/** What resolvers receive with an operation: the services and the sender. */
export interface Context extends Services {
  /** The user who sent the operation; null if a node did, or if it came with a stream ticket. */
  viewer: Viewer | null;
  /** The node whose agent sent the operation; null if no node did. */
  agentNode: NodeIdentity | null;
  /** The ticket that the operation came with, instead of a token. It opens the stream of its run, and nothing else. */
  ticket?: StreamTicket | undefined;
  /** The sender, for the audit log. */
  actor: Actor;
  /** Aborts when the client does not wait for the result any more. */
  signal: AbortSignal;
  /** What the sender pays with for the operation. Undefined where requests are not limited. */
  account: CostAccount | undefined;
  /** Limits the size of each result. */
  resultBudget: ResultBudget;
  /** A logger that adds the request's id to each line. */
  log: Logger;
}
