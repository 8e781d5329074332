import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../base/caught-error.ts';
import { createHttpRemote } from './http-remote.ts';
import type { FromThread, SyncThreadData, ToThread } from './messages.ts';
import { Replicas } from './replicas.ts';

/**
 * The program of the thread in which the replicas are. They read and write many files with functions that wait, which
 * must not keep the agent from sending heartbeats.
 */
const { root, gateway, token, agent } = workerData as SyncThreadData;
const say = (message: FromThread) => parentPort?.postMessage(message);
const replicas = new Replicas({
  root,
  openRemote: (workspaceId) => createHttpRemote({ url: gateway, token, workspaceId, agent }),
  print: (text) => say({ kind: 'line', text }),
});
/** What is asked, or held. */
const open = new Map<number, AbortController>();
let updates = Promise.resolve();

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'workspaces') {
    const { workspaces } = message;
    updates = updates
      .then(() => replicas.update(workspaces))
      .catch((error) => {
        say({ kind: 'line', text: `the workspaces could not be opened: ${messageOf(error)}` });
      });
  } else if (message.kind === 'close') {
    void updates.then(() => replicas[Symbol.asyncDispose]()).finally(() => say({ kind: 'closed' }));
  } else if (message.kind === 'end') open.get(message.id)?.abort(new Error('The question was given up.'));
  else void answer(message);
});

async function answer(message: Exclude<ToThread, { kind: 'workspaces' | 'close' | 'end' }>): Promise<void> {
  const { kind, id, workspaceId } = message;
  const asked = new AbortController();
  open.set(id, asked);
  const ended = new Promise<void>((resolve) => asked.signal.addEventListener('abort', () => resolve()));
  try {
    const { replica, settled } = await replicas.find(workspaceId, asked.signal);
    if (kind === 'settle') await Promise.race([settled, ended]);
    else if (kind === 'flush') await replica.flush(asked.signal);
    else {
      const release = await replica.hold();
      say({ kind: 'answer', id });
      await ended;
      release();
      return;
    }
    say({ kind: 'answer', id });
  } catch (error) {
    say({ kind: 'answer', id, error: messageOf(error) });
  } finally {
    open.delete(id);
  }
}
