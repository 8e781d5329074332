import { performance } from 'node:perf_hooks';

/** Milliseconds for which work may hold the event loop. */
const workMs = 10;
/** Milliseconds after which a piece of work lets the next one continue. */
const sliceMs = 1;
/** Most turns of the event loop for others before the work continues. */
const turnsForOthers = 16;

/** `continue`: work that is in progress. `start`: a new request. */
type Kind = 'continue' | 'start';

const waiting: Record<Kind, (() => void)[]> = { continue: [], start: [] };
let lastResumed: Kind = 'start';
let state: 'idle' | 'working' | 'serving others' = 'idle';
let workEndsAt = 0;
let sliceEndsAt = 0;

/**
 * Shares the event loop. Await it before each piece of work that can be long in sum: SQL statements and the parts of a
 * model's answer that have arrived are processed synchronously, and promises alone let nothing else run, so a long chain
 * of them would stop all other requests.
 *
 * All callers of the process share 10 ms, because they share one event loop. Then sockets, timers and files are served
 * before the work continues. Work in progress and new requests continue in turn, so that neither starves the other.
 *
 * @returns Undefined, at almost no cost, while the 10 ms last.
 */
export function shareTurn(kind: Kind = 'continue'): Promise<void> | undefined {
  if (state === 'idle') beginWork();
  // What the caller does between two pieces may take the most time, so the clock counts it too.
  const now = performance.now();
  const endsAt = isAnyWaiting() ? Math.min(sliceEndsAt, workEndsAt) : workEndsAt;
  if (state === 'working' && now < endsAt) return undefined;
  return new Promise((resolve) => waiting[kind].push(resolve));
}

function isAnyWaiting(): boolean {
  return waiting.continue.length + waiting.start.length > 0;
}

function beginWork(): void {
  state = 'working';
  workEndsAt = performance.now() + workMs;
  continueWork();
}

/** Resumes what waits, each in an immediate of its own: what one does runs before the next, so its time counts. */
function continueWork(): void {
  for (let count = waiting.continue.length + waiting.start.length; count > 0; count -= 1) {
    setImmediate(resumeNext);
  }
  setImmediate(afterTurn);
}

function resumeNext(): void {
  const now = performance.now();
  if (now >= workEndsAt) return;
  sliceEndsAt = now + sliceMs;
  const other = lastResumed === 'start' ? 'continue' : 'start';
  if (waiting[other].length > 0) lastResumed = other;
  waiting[lastResumed].shift()?.();
}

function afterTurn(): void {
  if (!isAnyWaiting()) {
    state = 'idle';
  } else if (performance.now() < workEndsAt) {
    continueWork();
  } else {
    state = 'serving others';
    serveOthers(turnsForOthers);
  }
}

/**
 * Lets the event loop turn until a turn brought no event. One turn is not enough, because libuv accepts one connection in
 * a turn: behind 40 new connections, a request would wait for 40 times 10 ms.
 */
function serveOthers(turns: number): void {
  const before = handledEvents();
  setImmediate(() => {
    if (turns > 1 && handledEvents() > before) serveOthers(turns - 1);
    else beginWork();
  });
}

/** Events of sockets, files and threads that the event loop has handled since the start. */
function handledEvents(): number {
  return performance.nodeTiming.uvMetricsInfo.events;
}
