import type { Logger } from 'pino';
import type { AudioLibrary } from './chat/audio/audio-library.ts';
import type { Engine } from './chat/engine.ts';
import type { SessionLog } from './chat/log/session-log.ts';
import type { Models } from './chat/models/models.ts';
import type { Sessions } from './chat/sessions.ts';
import type { Lapses } from './identity/lapses.ts';
import type { Viewer } from './identity/viewer.ts';
import type { Followers } from './limits/followers.ts';
import type { Attachments } from './nodes/attachments.ts';
import type { Dispatcher } from './nodes/dispatcher.ts';
import type { Nodes } from './nodes/nodes.ts';
import type { NodeIdentity } from './nodes/presence/connected-nodes.ts';
import type { Registry } from './nodes/registry.ts';
import type { Database } from './storage/database.ts';

/** What every resolver may use; the same for all requests of a gateway. */
export interface Services {
  database: Database;
  models: Models;
  engine: Engine;
  sessions: Sessions;
  sessionLog: SessionLog;
  audio: AudioLibrary;
  followers: Followers;
  nodes: Nodes;
  attachments: Attachments;
  registry: Registry;
  dispatcher: Dispatcher;
  /** Finds out that tokens stop being good, while something is followed. */
  lapses: Lapses;
  /** Longest prompt taken, in bytes of UTF-8. */
  maxPromptBytes: number;
  /** Largest page of a connection. */
  maxPageSize: number;
}

/** What a resolver may use: the viewer, the services, and what belongs to this one operation. */
export interface Context extends Services {
  /** The user who is asking; null where it is a node. */
  viewer: Viewer | null;
  /** The node whose agent is asking; null where it is a user. */
  agentNode: NodeIdentity | null;
  /** Aborts when nobody waits for the result any more. */
  signal: AbortSignal;
  /** Carries the request's id. */
  log: Logger;
}
