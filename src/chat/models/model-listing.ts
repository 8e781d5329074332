import { z } from 'zod';
import type { CatalogModel } from './model-catalog.ts';
import { anyName } from './model-name.ts';

export interface ModelListingOptions {
  /** The address that `/models` is appended to, without a slash at the end. */
  baseUrl: string;
  apiKey?: string | undefined;
  fetch: typeof globalThis.fetch;
}

const listingTimeoutMs = 2_000;
const listingTtlMs = 60_000;

/**
 * A context limit; null where the value cannot be one. Servers state 0, -1, or a number like 10^30 for a limit that they do
 * not know.
 */
const contextLimit = z
  .unknown()
  .optional()
  .transform((value) => {
    const limit = typeof value === 'number' ? Math.trunc(value) : Number.NaN;
    return limit > 0 && Number.isSafeInteger(limit) ? limit : null;
  });

/** A model of OpenAI's listing, with the fields in which vLLM, OpenRouter, Groq and llama.cpp state the context limit. */
const listed = z.object({
  id: z.string().regex(anyName),
  max_model_len: contextLimit,
  context_length: contextLimit,
  context_window: contextLimit,
  meta: z.object({ n_ctx: contextLimit, n_ctx_train: contextLimit }).nullish().catch(null),
});

/** Together lists its models without an object around them. An entry that is no model is left out. */
const listing = z
  .union([z.array(z.unknown()), z.object({ data: z.array(z.unknown()) }).transform(({ data }) => data)])
  .transform((entries) => entries.flatMap((entry) => listed.safeParse(entry).data ?? []));

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
  const models = listing.parse(await response.json());
  return models.map(({ id, ...model }) => ({
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
