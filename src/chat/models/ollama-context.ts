import { z } from 'zod';

export interface OllamaContextOptions {
  /** The base URL of the OpenAI-compatible API, without a slash at the end. */
  baseUrl: string;
  apiKey?: string | undefined;
  fetch: typeof globalThis.fetch;
}

/** The context of a model on an Ollama. */
export interface OllamaContext {
  /** Tokens that fit. */
  tokens: number;
  /** Whether the server has not said so: the model is not loaded, and Ollama then chooses by the memory it finds. */
  isGuessed: boolean;
}

/** What Ollama gives a model for which nobody asked for more, on a machine with less than 24 GB of video memory. */
const leastContext = 4_096;

/** A chat waits for it, so it is short: an Ollama is mostly near, and answers at once. */
const timeoutMs = 1_500;
const maxBytes = 4_194_304;
/** How long an answer is believed, and how long a server counts as no Ollama. */
const answerTtlMs = 60_000;
const serverTtlMs = 600_000;
/** A guess is made again soon: the first answer of a model loads it. */
const guessTtlMs = 5_000;
/** Clients choose the names of models, so there can be any number of them. */
const mostModels = 200;

const version = z.object({ version: z.string().regex(/^\d+\.\d+/) });
const shown = z.object({
  parameters: z.string().nullish().catch(null),
  model_info: z.record(z.string(), z.unknown()).nullish().catch(null),
  remote_model: z.string().nullish().catch(null),
});
const loaded = z.object({
  models: z.array(
    z.object({
      name: z.string().nullish().catch(null),
      model: z.string().nullish().catch(null),
      context_length: z.number().int().positive().nullish().catch(null),
    }),
  ),
});

/**
 * Asks an Ollama how many tokens fit into the context of a model. Ollama cuts longer prompts without a word, its
 * OpenAI-compatible API does not say where, and a request cannot ask for more there.
 *
 * An OpenAI-compatible server counts as an Ollama when its base URL ends with `/v1`, and `GET /api/version` beside it
 * answers `{"version": "0.…"}`. In force is, in this order: `num_ctx` of the model's Modelfile (`POST /api/show`), the
 * context with which the model is loaded (`GET /api/ps`), all that the model can take if it runs in Ollama's cloud, and
 * else a guess. It is never more than the model can take.
 *
 * Source: Ollama's docs/context-length.mdx, docs/openapi.yaml and docs/api/openai-compatibility.mdx, 2026.
 *
 * @returns A function that never rejects. Null: the server is no Ollama, or does not know the model.
 */
export function createOllamaContext(
  options: OllamaContextOptions,
): (modelName: string) => Promise<OllamaContext | null> {
  if (!options.baseUrl.endsWith('/v1')) return async () => null;
  const isOllama = remember(
    () => ask(options, version, '/api/version').then((answer) => answer !== null),
    (found) => (found ? Number.POSITIVE_INFINITY : serverTtlMs),
  );
  const contexts = new Map<string, () => Promise<OllamaContext | null>>();
  return async (modelName) => {
    if (!(await isOllama())) return null;
    let context = contexts.get(modelName);
    if (context === undefined) {
      if (contexts.size >= mostModels) contexts.clear();
      context = remember(
        () => contextOf(modelName, options),
        (found) => (found === null || found.isGuessed ? guessTtlMs : answerTtlMs),
      );
      contexts.set(modelName, context);
    }
    return context();
  };
}

async function contextOf(modelName: string, options: OllamaContextOptions): Promise<OllamaContext | null> {
  const [model, running] = await Promise.all([
    ask(options, shown, '/api/show', { model: modelName }),
    ask(options, loaded, '/api/ps'),
  ]);
  if (model === null) return null;
  const most = trainedContext(model.model_info ?? {});
  const set = Number(/^[\t ]*num_ctx[\t ]+(\d+)[\t ]*\r?$/m.exec(model.parameters ?? '')?.[1] ?? 0);
  const names = modelName.includes(':') ? [modelName] : [modelName, `${modelName}:latest`];
  const isNamed = (name: string | null | undefined) => name != null && names.includes(name);
  const inUse = running?.models.find((each) => isNamed(each.name) || isNamed(each.model))?.context_length;
  const inForce = set || inUse || (model.remote_model ? most : undefined);
  return {
    tokens: Math.min(inForce ?? leastContext, most ?? Number.POSITIVE_INFINITY),
    isGuessed: inForce === undefined,
  };
}

/** The context for which the model was made: `llama.context_length`, `gemma4.context_length` and so on. */
function trainedContext(info: Record<string, unknown>): number | undefined {
  const [, length] = Object.entries(info).find(([name]) => /^[\w-]+\.context_length$/.test(name)) ?? [];
  return typeof length === 'number' && length >= 1 ? Math.trunc(length) : undefined;
}

/** Null if the answer is missing or does not have this shape. */
async function ask<T>(
  { baseUrl, apiKey, fetch }: OllamaContextOptions,
  shape: z.ZodType<T>,
  path: string,
  body?: object,
): Promise<T | null> {
  try {
    const response = await fetch(baseUrl.replace(/\/v1$/, path), {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await readText(response);
    return response.ok ? shape.parse(JSON.parse(text)) : null;
  } catch {
    return null;
  }
}

/** @throws Error when the body is too long. Licences and templates are part of what Ollama shows. */
async function readText({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > maxBytes) throw new Error('The answer is too long.');
  }
  return text;
}

/** Asks once for all who ask at the same time, and again when the answer is too old. */
function remember<T>(find: () => Promise<T>, ttlOf: (found: T) => number): () => Promise<T> {
  let known: { found: Promise<T>; until: number } | undefined;
  return () => {
    if (known !== undefined && performance.now() < known.until) return known.found;
    const asked = { found: find(), until: Number.POSITIVE_INFINITY };
    known = asked;
    void asked.found.then((found) => {
      asked.until = performance.now() + ttlOf(found);
    });
    return asked.found;
  };
}
