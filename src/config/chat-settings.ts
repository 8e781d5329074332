import { z } from 'zod';
import { milliseconds, wholeNumber } from './setting-type.ts';

const yearMs = 31_536_000_000;

/** How runs are executed. */
export const chatSettings = {
  MODEL_IDLE_TIMEOUT_MS: milliseconds(1).default(60_000).meta({
    description:
      'A run fails when its model sends nothing for this long, or only signs of life, such as comments and pings, for ten times as long.',
  }),
  MODEL_MAX_RETRIES: wholeNumber(0, 100).default(3).meta({
    description: 'How often a failed model request is repeated, as long as the answer has not begun.',
  }),
  MODEL_MAX_RETRY_WAIT_MS: milliseconds(0).default(60_000).meta({
    description:
      'Longest wait before such a repetition. If the provider asks for a longer one, the run fails at once and says when the provider takes the next request.',
  }),
  MAX_ANSWER_BYTES: wholeNumber(1, 16_777_216).default(4_194_304).meta({
    description:
      'Longest response of a model, in bytes of text, reasoning and tool arguments. A run fails at a longer one.',
  }),
  MAX_STEPS: wholeNumber(1, 1_000)
    .default(16)
    .meta({ description: 'How many requests one run may send to its model.' }),
  SUMMARY_TIMEOUT_MS: milliseconds(1).default(60_000).meta({
    description:
      'How long a model may take to sum up older messages (MODEL_CONTEXT_OVERFLOW). After that they are left out, and the run goes on.',
  }),
  MAX_COMPLETION_SESSIONS: wholeNumber(0, 100_000).default(1_000).meta({
    description:
      'Most sessions of one user that `/v1/chat/completions` has made by itself; 0 for no limit. A new one then takes the place of the one in which nothing has happened for longest.',
  }),
  MAX_QUEUED_RUNS: wholeNumber(0, 10_000).default(8).meta({
    description:
      'How many runs may be queued in one session. A prompt with INTERRUPT cancels the queue and is not refused because of it, but only one more than this number are accepted at the same moment.',
  }),
  MAX_PROMPT_BYTES: wholeNumber(1, 1_073_741_824)
    .default(262_144)
    .meta({ description: 'Longest prompt, in bytes of UTF-8.' }),
  CHECKPOINT_MS: milliseconds(1)
    .default(1_000)
    .meta({ description: 'How often an unfinished answer is stored in the database.' }),
  RUN_LOG_TTL_MS: milliseconds(0)
    .default(300_000)
    .meta({ description: 'How long the log of a run can be replayed after the run has ended.' }),
  CHANGE_LOG_TTL_MS: milliseconds(1).default(604_800_000).meta({
    description:
      'How long changes of sessions and nodes are kept, so that a client that was away gets them with a cursor.',
  }),
  SESSION_TITLES: z.enum(['off', 'model'], 'must be off or model').default('off').meta({
    description:
      'Whether a session without a title gets one after its first complete answer. model: the model that has answered writes it, which costs its tokens; for the demo model it is the beginning of the prompt. A title that a user gives always stays.',
  }),
  SESSION_RETENTION_DAYS: wholeNumber(0, 36_500).default(0).meta({
    description:
      'Sessions without activity for so many days are deleted with all that they hold, archived ones too. Pinned sessions and those whose runs are live, queued or waiting are kept. 0: nothing is deleted.',
  }),
  SHUTDOWN_GRACE_MS: milliseconds(0)
    .default(10_000)
    .meta({ description: 'How long live runs may continue after the gateway was told to stop.' }),
  RESUME_RUNS: z.enum(['waiting', 'all']).default('waiting').meta({
    description:
      'Which runs go on at the next start, or through another gateway, when their gateway has stopped or failed: `waiting`, those that wait for an approval or for a tool, or whose tools have ended and whose model has written nothing since; `all`, also those whose model was answering. Their model is asked for the step again, which costs its tokens twice.',
  }),
  TOOL_APPROVAL_TIMEOUT_MS: milliseconds(1, yearMs).default(300_000).meta({
    description:
      'How long a tool call waits for a user to approve it, up to a year, also while no gateway runs. After that it is denied.',
  }),
  CLIENT_TOOL_TIMEOUT_MS: milliseconds(1, yearMs).default(300_000).meta({
    description:
      'How long a tool call waits for a client that runs it, and a question of the model for the answer of the user, up to a year, also while no gateway runs. After that it fails, and the model is told.',
  }),
};

export function toChat(env: z.output<z.ZodObject<typeof chatSettings>>) {
  return {
    modelIdleTimeoutMs: env.MODEL_IDLE_TIMEOUT_MS,
    modelMaxRetries: env.MODEL_MAX_RETRIES,
    modelMaxRetryWaitMs: env.MODEL_MAX_RETRY_WAIT_MS,
    maxAnswerBytes: env.MAX_ANSWER_BYTES,
    maxSteps: env.MAX_STEPS,
    summaryTimeoutMs: env.SUMMARY_TIMEOUT_MS,
    maxQueuedRuns: env.MAX_QUEUED_RUNS,
    maxCompletionSessions: env.MAX_COMPLETION_SESSIONS,
    maxPromptBytes: env.MAX_PROMPT_BYTES,
    checkpointMs: env.CHECKPOINT_MS,
    runLogTtlMs: env.RUN_LOG_TTL_MS,
    changeLogTtlMs: env.CHANGE_LOG_TTL_MS,
    sessionTitles: env.SESSION_TITLES,
    sessionRetentionDays: env.SESSION_RETENTION_DAYS,
    resumeRuns: env.RESUME_RUNS,
    shutdownGraceMs: env.SHUTDOWN_GRACE_MS,
    toolApprovalTimeoutMs: env.TOOL_APPROVAL_TIMEOUT_MS,
    clientToolTimeoutMs: env.CLIENT_TOOL_TIMEOUT_MS,
  };
}
