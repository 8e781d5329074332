import { z } from 'zod';

/**
 * The name of a model: `provider/model`, as `GET /v1/models` lists it. A name without a slash is a model of the gateway's
 * default provider. Left out, or `default`: the gateway's default model.
 */
export const modelName = z.string().min(1, 'expected a name').max(400, 'expected a shorter name').nullish();

export interface ModelChoice {
  providerName: string | null;
  modelName: string | null;
}

export function chooseModel(name: z.output<typeof modelName>): ModelChoice {
  if (name == null || name === 'default') return { providerName: null, modelName: null };
  const slash = name.indexOf('/');
  if (slash <= 0) return { providerName: null, modelName: name };
  return { providerName: name.slice(0, slash), modelName: name.slice(slash + 1) || null };
}

/** The name of a model as the client gets it. */
export function fullName({ providerName, modelName }: { providerName: string; modelName: string }): string {
  return `${providerName}/${modelName}`;
}
