import { ApiError } from '../../dialect/errors/api-error.ts';
import { fullName } from '../../dialect/input/model-choice.ts';
import { executeDocument } from '../../dialect/route/execute.ts';
import type { ApiContext, ApiServices, Route } from '../../dialect/route/route.ts';
import { ListOpenAiModelsDocument } from '../../gql/graphql.ts';

interface ListedModel {
  /** `provider/model`. */
  id: string;
  object: 'model';
  /** Providers do not say when a model was made. */
  created: 0;
  owned_by: string;
}

const path = '/models';

export const modelRoutes: readonly Route[] = [
  {
    method: 'get',
    path,
    operationId: 'openai_list_models',
    handle: async (c, services) => c.json({ object: 'list', data: await listModels(c, services) }),
  },
  {
    method: 'get',
    // The name of a model has slashes, which a client may escape.
    path: `${path}/*`,
    operationId: 'openai_get_model',
    async handle(c, services) {
      const id = decode(c.req.path.slice(`/v1${path}/`.length));
      const model = (await listModels(c, services)).find((listed) => listed.id === id);
      if (model) return c.json(model);
      const message = `The model '${id.slice(0, 200)}' does not exist.`;
      throw new ApiError(404, message, { code: 'model_not_found', param: 'model' });
    },
  },
];

async function listModels(c: ApiContext, services: ApiServices): Promise<ListedModel[]> {
  const { models } = await executeDocument(c, services, ListOpenAiModelsDocument, {});
  return models.map((model) => ({
    id: fullName(model),
    object: 'model',
    created: 0,
    owned_by: model.providerName,
  }));
}

/** Hono has decoded the path, but for the slashes. */
function decode(path: string): string {
  return path.replaceAll(/%2f/gi, '/');
}
