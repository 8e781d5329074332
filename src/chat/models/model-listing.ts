import { z } from 'zod';
import type { CatalogModel } from './model-catalog.ts';

export interface ModelListingOptions {
  /** The address that `/models` is appended to, without a slash at the end. */
  baseUrl: string;
  apiKey?: string | undefined;
  fetch: typeof globalThis.fetch;
}

const listingTimeoutMs = 2_000;
const listingTtlMs = 60_000;

/**
 * A context limit; null where the value is none. Servers state 0, -1, or a number like 10^30 for a limit that they do
 * not know.
 */
const contextLimit = z
  .unknown()
  .optional()
  .transform((value) => {
    const limit = typeof value === 'number' ? Math.trunc(value) : Number.NaN;
    return limit > 0 && Number.isSafeInteger(limit) ? limit : null;
  });

/** OpenAI's listing, with the fields in which vLLM, OpenRouter, Groq and llama.cpp state the context limit. */
const listing = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      max_model_len: contextLimit,
      context_length: contextLimit,
      context_window: contextLimit,
      meta: z.object({ n_ctx: contextLimit, n_ctx_train: contextLimit }).nullish().catch(null),
    }),
  ),
});

/**
 * Lists the models of an OpenAI-compatible server. The answer is cached for a minute.
 *
 * @returns A function that lists the models, and rejects when the server is unreachable or answers something else.
 */
export function createModelListing(options: ModelListingOptions): () => Promise<readonly CatalogModel[]> {
  let known: { models: Promise<readonly CatalogModel[]>; askedAt: number } | undefined;
  return () => {
    if (known !== undefined && performance.now() - known.askedAt < listingTtlMs) return known.models;
    const asked = { models: fetchModels(options), askedAt: performance.now() };
    known = asked;
    asked.models.catch(() => {
      if (known === asked) known = undefined;
    });
    return asked.models;
  };
}

async function fetchModels({
  baseUrl,
  apiKey,
  fetch,
}: ModelListingOptions): Promise<readonly CatalogModel[]> {
  const response = await fetch(`${baseUrl}/models`, {
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    signal: AbortSignal.timeout(listingTimeoutMs),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`The model listing answered ${response.status}.`);
  }
  const { data } = listing.parse(await response.json());
  return data.map(({ id, ...model }) => ({
    modelName: id,
    contextLimit:
      model.max_model_len ??
      model.context_length ??
      model.context_window ??
      model.meta?.n_ctx ??
      model.meta?.n_ctx_train ??
      null,
  }));
}
