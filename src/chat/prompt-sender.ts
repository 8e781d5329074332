import type { Logger } from 'pino';
import { Arrivals } from '../base/arrivals.ts';
import type { Bus } from '../bus/bus.ts';
import type { ChangeLog } from '../changes/change-log.ts';
import { GatewayError, tryAgain } from '../errors.ts';
import type { Run, Session } from '../generated/prisma/client.ts';
import type { Lease } from '../lease/lease.ts';
import { Admission } from '../limits/admission.ts';
import { HolderCount } from '../limits/holder-count.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { RunSlots } from '../limits/run-slots.ts';
import { findSession } from '../storage/find-session.ts';
import { runById } from '../storage/statements/run-states.ts';
import type { Statements } from '../storage/statements/statement.ts';
import {
  type AttachmentLimits,
  checkAttachments,
  copiedBytes,
  readAttachments,
} from './attachments/sent-attachments.ts';
import { type RunLog, runKey } from './log/run-writer.ts';
import { ProviderError } from './models/failure/provider-error.ts';
import type { Models, ResolvedModel } from './models/models.ts';
import { checkSettings } from './models/settings/check-settings.ts';
import { mergeSettings, type PartialSettings } from './models/settings/model-settings.ts';
import { readSettings } from './models/settings/stored-settings.ts';
import type { LiveRuns } from './run/live-runs.ts';
import { findByRequestId, type NewPrompt, type OnBusy, openRun, queueFull } from './run/open-run.ts';
import { bytesOfTools } from './tool-calls/client-tools/store-tools.ts';

export interface SendInput extends NewPrompt {
  requestId?: string | null | undefined;
  onBusy: OnBusy;
  providerName?: string | null | undefined;
  modelName?: string | null | undefined;
  settings?: PartialSettings | null | undefined;
  /** Attachments of the session. */
  attachmentIds?: readonly number[] | null | undefined;
  /** The log of a run that starts at once. Default: the engine's log. */
  log?: Logger;
}

export interface PromptSenderOptions {
  statements: Statements;
  lease: Lease;
  models: Models;
  runLog: RunLog;
  changes: ChangeLog;
  bus: Bus;
  live: LiveRuns;
  slots: RunSlots;
  quotas: Quotas;
  /** Runs of one session that may wait in the queue at once. */
  maxQueuedRuns: number;
  attachments: AttachmentLimits;
  isOverloaded: () => boolean;
  /** Called when a run is queued, before it can start. Undefined where nobody wants to know. */
  onQueued: ((runId: number) => void) | undefined;
  log: Logger;
}

/** Turns a prompt into a run, and starts or queues it. */
export class PromptSender {
  readonly #options: PromptSenderOptions;
  readonly #admission: Admission;
  /** Prompts that are being sent and have no run yet. */
  #sending = 0;
  /** Prompts with INTERRUPT of each session that are being sent. */
  readonly #interrupts = new HolderCount<number>();
  /** Prompts of each session that have no run yet, for cancellations that must not overtake them. */
  readonly #arriving = new Arrivals<number>();

  constructor(options: PromptSenderOptions) {
    this.#options = options;
    this.#admission = new Admission(options.isOverloaded);
  }

  /**
   * Sends a prompt, unless its request id was used before: then it returns the run that exists.
   *
   * @param after The cursor of a client that has seen run events of this run. A prompt that is new has no run yet.
   */
  async send(input: SendInput, after = 0): Promise<Run> {
    using arrival = this.#arriving.enter(input.sessionId);
    // A prompt that was sent before finds its run even under overload and without the model.
    const known = await findByRequestId(this.#options.statements, input);
    if (known) return known;
    if (after !== 0) {
      const message = 'after needs a prompt that was sent before with the same requestId.';
      throw new GatewayError('BAD_USER_INPUT', message, { field: 'after' });
    }
    // Check admission before any other work: when overloaded, even finding the session costs too much.
    if (!this.#admission.admits(this.#options.live.size + this.#sending)) throw overloaded();
    this.#sending += 1;
    try {
      using _ = this.#countInterrupt(input);
      return await this.#send(input, arrival);
    } finally {
      this.#sending -= 1;
    }
  }

  /** Waits until each prompt that is being sent to a session now has its run, or is refused. */
  arrived(sessionId: number): Promise<void> {
    return this.#arriving.settled(sessionId);
  }

  /** Writes `RunQueued` to the run's log, so that followers can attach before the run starts. */
  async logQueued(runId: number): Promise<void> {
    await this.#options.runLog.begin(runKey(runId), { type: 'RunQueued', runId });
    this.#options.bus.ring(runKey(runId));
  }

  /** A queue that is full does not refuse INTERRUPT, which empties it. Interrupts that arrive together are limited here. */
  #countInterrupt({ sessionId, onBusy }: SendInput): Disposable | undefined {
    if (onBusy !== 'INTERRUPT') return undefined;
    const { maxQueuedRuns } = this.#options;
    if (this.#interrupts.of(sessionId) > maxQueuedRuns) throw queueFull(maxQueuedRuns);
    return this.#interrupts.enter(sessionId);
  }

  async #send(input: SendInput, arrival: Disposable): Promise<Run> {
    const { statements, live, quotas, slots } = this.#options;
    const session = await findSession(statements, input.sessionId);
    const model = await this.#resolveModel(input, session);
    await slots.lookUp(session.userId);
    const copied = await this.#checkAttachments(input, model);
    const ofTools = bytesOfTools(input.tools);
    const added = Buffer.byteLength(input.prompt ?? '') + copied + ofTools;
    using bytes = await quotas.reserve(session.userId, { bytes: added });
    const { run, opened, toolBytes } = await live.alone(session.id, () => this.#start(input, session, model));
    arrival[Symbol.dispose]();
    if (opened) bytes.keep();
    // The session may have had the same tools before.
    if (opened && toolBytes < ofTools) quotas.release(session.userId, { bytes: ofTools - toolBytes });
    if (opened && run.status === 'QUEUED') await this.#enqueue(run, input.onBusy);
    if (!opened || run.status === 'RUNNING') return run;
    // The queued run may have been started in the meantime.
    return (await this.#readAgain(run.id)) ?? run;
  }

  /** Refuses attachments that the model does not take, and returns the bytes of those that are copied. */
  async #checkAttachments({ sessionId, attachmentIds }: SendInput, model: ResolvedModel): Promise<number> {
    if (!attachmentIds?.length) return 0;
    const { statements, attachments: limits } = this.#options;
    const attachments = await readAttachments(statements, { sessionId, attachmentIds });
    checkAttachments(attachments, model, limits);
    return copiedBytes(attachments);
  }

  /** Never rejects, because the prompt is stored already. */
  async #readAgain(runId: number): Promise<Run | undefined> {
    try {
      return await this.#options.statements.get(runById, [runId]);
    } catch {
      return undefined;
    }
  }

  /** Opens a run, and launches it when it starts at once. */
  async #start(input: SendInput, session: Session, model: ResolvedModel) {
    const { live, changes } = this.#options;
    // Check after resolving the model: asking a provider for its models can take seconds.
    if (!live.isOpen) {
      throw new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down; send again in a moment.');
    }
    if (!this.#options.lease.isHeld) throw outOfTouch();
    const { run, opened, told, toolBytes, slot } = await this.#open(input, session, model);
    if (!opened) return { run, opened, toolBytes };
    if (run.status === 'QUEUED') this.#options.onQueued?.(run.id);
    if (run.status === 'QUEUED' && input.onBusy === 'INTERRUPT') live.willInterrupt(run);
    const setup = { userId: session.userId, systemPrompt: session.systemPrompt, model };
    if (slot) live.launch(run, { slot, log: input.log, setup });
    changes.ring(told);
    return { run, opened, toolBytes };
  }

  async #resolveModel(input: SendInput, session: Session): Promise<ResolvedModel> {
    // A model name belongs to its provider: never combine the session's model with another provider.
    const chosen = (input.providerName ?? input.modelName) ? input : session;
    const providerName = chosen.providerName ?? session.providerName;
    const settings = mergeSettings(input.settings, readSettings(session.settings));
    try {
      const choice = { providerName, modelName: chosen.modelName, settings };
      const model = await this.#options.models.resolve(choice);
      checkSettings(model, settings, input.settings);
      return model;
    } catch (error) {
      if (error instanceof ProviderError) throw new GatewayError('MODEL_UNAVAILABLE', error.message);
      throw error;
    }
  }

  /** Opens a run, and claims a slot for it when it starts at once. */
  async #open(input: SendInput, { userId, askUser }: Session, model: ResolvedModel) {
    const { statements, lease, slots, quotas, changes, maxQueuedRuns: maxQueued } = this.#options;
    const { gatewayId } = lease;
    let slot: Disposable | undefined;
    const claimSlot = () => {
      slot = slots.claim(userId);
    };
    const checkMessages = (count: number) => quotas.checkMessages(count);
    try {
      const checks = { maxQueued, claimSlot, checkMessages };
      const opening = { ...input, model, gatewayId, changes, sessionAsksUser: askUser, ...checks };
      const result = await openRun(statements, opening);
      if (result.opened) return { ...result, slot };
      slot?.[Symbol.dispose]();
      return { ...result, slot: undefined };
    } catch (error) {
      slot?.[Symbol.dispose]();
      throw error;
    }
  }

  /** Never rejects, because the prompt is stored already: a client that sees an error would send it again. */
  async #enqueue(run: Run, onBusy: OnBusy): Promise<void> {
    const { live, log } = this.#options;
    try {
      await this.logQueued(run.id);
    } catch (error) {
      log.error({ err: error, runId: run.id }, 'the followers of a run could not be told that it is queued');
    }
    await live.steer(run);
    await (onBusy === 'INTERRUPT' ? live.interrupt(run) : live.startNext(run.sessionId));
  }
}

function overloaded(): GatewayError {
  const message = 'The gateway is too busy to accept another prompt; try again in a moment.';
  return tryAgain('OVERLOADED', message, { limit: 'MAX_EVENT_LOOP_DELAY_MS', retryAfter: 2 });
}

function outOfTouch(): GatewayError {
  const message = 'The gateway has lost touch with its database; try again in a moment.';
  return tryAgain('OVERLOADED', message, { retryAfter: 2 });
}
