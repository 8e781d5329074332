import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '../../bus/bus.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { type WorkspaceState, workspacesOfNode } from '../../storage/statements/workspace-files.ts';
import { topicOf, topicOfNode } from '../model/topics.ts';

/** A shared workspace, as the agent of a node needs it. */
export interface NodeWorkspace {
  workspaceId: string;
  sessionId: number;
  /** Whether the files come from this node: then they lie at `path` in the agent's folder. */
  isLead: boolean;
  path: string | null;
  revision: number;
}

interface FollowOptions {
  statements: Statements;
  bus: Bus;
  /** Called for each workspace as long as the node follows it. */
  onUse(workspace: WorkspaceState): void;
}

/** How often the workspaces are read without a ring. */
const pollMs = 5_000;
/** The least time between two lists. */
const pauseMs = 100;

/** All shared workspaces of a node. */
async function readWorkspacesOfNode(
  { statements, onUse }: FollowOptions,
  node: { id: number; nodeId: string },
): Promise<NodeWorkspace[]> {
  const found = await statements.all(workspacesOfNode, [node.id]);
  for (const workspace of found) onUse(workspace);
  return found.map(({ workspaceId, sessionId, source, sourceNodeId, path, revision }) => {
    const isLead = source === 'NODE_LOCAL' && sourceNodeId === node.nodeId;
    return { workspaceId, sessionId, isLead, path: isLead ? path : null, revision };
  });
}

/** The workspaces of a node, now and again after each change of them, until the signal aborts. */
export async function* followWorkspacesOfNode(
  options: FollowOptions,
  node: { id: number; nodeId: string },
  signal: AbortSignal,
): AsyncGenerator<NodeWorkspace[]> {
  const rings = new Rings(options.bus);
  try {
    let before: string | undefined;
    rings.listen([topicOfNode(node.id)]);
    while (!signal.aborted) {
      const rung = rings.next(signal);
      const workspaces = await readWorkspacesOfNode(options, node);
      const topics = workspaces.map(({ sessionId }) => topicOf(sessionId));
      // What has rung before it was listened to is in the next list.
      if (rings.listen([topicOfNode(node.id), ...topics])) continue;
      const now = JSON.stringify(workspaces);
      if (now !== before) {
        before = now;
        yield workspaces;
        await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
      await rung;
    }
  } finally {
    rings[Symbol.dispose]();
  }
}

/** Waits for a ring of any of several topics. */
class Rings implements Disposable {
  readonly #bus: Bus;
  readonly #heard = new Map<string, Disposable>();
  #wake = () => {};

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** Replaces the topics. Returns whether there is a new one among them. */
  listen(topics: readonly string[]): boolean {
    const wanted = new Set(topics);
    for (const [topic, subscription] of this.#heard) {
      if (wanted.has(topic)) continue;
      subscription[Symbol.dispose]();
      this.#heard.delete(topic);
    }
    const added = [...wanted].filter((topic) => !this.#heard.has(topic));
    for (const topic of added)
      this.#heard.set(
        topic,
        this.#bus.listen(topic, () => this.#wake()),
      );
    return added.length > 0;
  }

  /** Resolves at the next ring, after the time of a poll, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, pollMs).unref();
      signal.addEventListener('abort', end);
      this.#wake = end;
      if (signal.aborted) end();
    });
  }

  [Symbol.dispose](): void {
    this.#wake();
    this.listen([]);
  }
}
