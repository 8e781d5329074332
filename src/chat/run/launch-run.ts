import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { Run } from '../../generated/prisma/client.ts';
import type { Lease } from '../../lease/lease.ts';
import { openRunLog } from '../log/open-run-log.ts';
import { RunHold, RunLostError } from '../log/run-hold.ts';
import { type RunLog, runKey } from '../log/run-writer.ts';
import { SteerNote } from '../steering/steer-note.ts';
import { OpenCalls } from '../tool-calls/open-calls.ts';
import { isOpen } from '../tool-calls/resume-calls.ts';
import { endNotSaved } from './end-not-saved.ts';
import type { RunSetup } from './execute-run.ts';
import type { ResumePoint } from './resume-point.ts';

export interface Launch {
  /** Disposed when the run has ended. */
  slot: Disposable;
  /** Default: the engine's log. */
  log?: Logger | undefined;
  setup?: RunSetup;
  /** Whether the run waited in the queue. Default: no. */
  wasQueued?: boolean;
  /** Set for a run that another gateway has executed. */
  resumed?: ResumePoint;
  /** The run begins after this promise. */
  serving?: Promise<void>;
}

/** A run that this gateway executes. */
export interface LiveRun {
  sessionId: number;
  hold: RunHold;
  controller: AbortController;
  openCalls: OpenCalls;
  /** Is set when a prompt may wait to join the answer. */
  steerNote: SteerNote;
  /**
   * Stops to execute the run without ending it: the next start, or another gateway, goes on with it. Its tools run on.
   */
  leave(): void;
  /** Resolves when the end of the run is saved. Never rejects, and takes as long as the disk is full. */
  done: Promise<void>;
  /** As `done`, but rejects with a GatewayError when the run has ended and its end cannot be saved yet. */
  ended: Promise<void>;
}

interface ExecuteContext {
  hold: RunHold;
  /** Aborts with a `Cancellation` when the run is cancelled, and with a `RunLostError` when it is lost. */
  signal: AbortSignal;
  /** Aborts when the gateway closes. */
  closing: AbortSignal;
  log: Logger;
  /** Undefined for a run that waited in the queue. */
  setup: RunSetup | undefined;
  resumed: ResumePoint | undefined;
  openCalls: OpenCalls;
  steerNote: SteerNote;
  /** Called with the database's error when the run has ended and its end is not saved yet. */
  onUnsaved: (cause: unknown) => void;
}

export interface LaunchRunOptions {
  lease: Lease;
  runLog: RunLog;
  /** Runs a RUNNING run to its end. Never rejects. */
  execute(run: Run, context: ExecuteContext): Promise<void>;
  /** Aborts when the gateway closes. */
  closing: AbortSignal;
  /** Called when what the run waits for may have changed. */
  onWait: () => void;
  /** Called when the run has ended, unless another gateway has taken it over. */
  whenOver: () => Promise<void>;
  /** Called at last. */
  forget: () => void;
  log: Logger;
}

/** Executes a RUNNING run, which from here on can be cancelled, followed and lost. */
export function launchRun(
  run: Run,
  { slot, log, setup, resumed, serving, wasQueued = false }: Launch,
  options: LaunchRunOptions,
): LiveRun {
  const controller = new AbortController();
  // Each tool call of a step adds a listener; Node would warn about a leak from the eleventh on.
  setMaxListeners(0, controller.signal);
  const leaving = { isLeft: false };
  const hold = holdRun(run, controller, { ...options, leaving });
  const isResumed = resumed !== undefined;
  openRunLog(options.runLog, run, { wasQueued, isResumed, onFenced: () => void hold.lose() });
  const openCalls = new OpenCalls(options.onWait);
  if (resumed) openCalls.begin(resumed.calls.filter(isOpen).length);
  // Prompts may have been waiting for the gateway that executed the run before.
  const steerNote = new SteerNote(isResumed);
  let onUnsaved: (cause: unknown) => void = () => undefined;
  const unsaved = new Promise<never>((_resolve, reject) => {
    onUnsaved = (cause) => reject(endNotSaved(cause));
  });
  const { signal } = controller;
  const { closing } = options;
  const doing = { setup, resumed, openCalls, steerNote, hold };
  const context = { log: log ?? options.log, ...doing, signal, closing, onUnsaved };
  const done = Promise.resolve(serving)
    .then(() => options.execute(run, context))
    .finally(() => slot[Symbol.dispose]())
    .then(() => (hold.isLost ? undefined : options.whenOver()))
    .finally(options.forget);
  const ended = Promise.race([done, unsaved]);
  // Nobody may wait for the end of this run.
  ended.catch(() => undefined);
  const leave = () => {
    leaving.isLeft = true;
    hold.lose();
  };
  return { sessionId: run.sessionId, hold, controller, openCalls, steerNote, leave, done, ended };
}

function holdRun(
  run: Run,
  controller: AbortController,
  { lease, runLog, closing, log, leaving }: LaunchRunOptions & { leaving: { isLeft: boolean } },
): RunHold {
  const onLost = () => {
    if (leaving.isLeft) log.info({ runId: run.id }, 'a run is left to the next start, or another gateway');
    else log.warn({ runId: run.id }, 'another gateway has taken over a run of this gateway');
    controller.abort(new RunLostError(run.id));
    runLog.abandon(runKey(run.id));
  };
  return new RunHold({ run, lease, closing, onLost });
}
