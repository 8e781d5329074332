import { type ModelServer, startModelServer } from '../model/model-server.ts';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts';

export interface ScriptedGateway extends TestGateway {
  /** The scripted model, which answers the prompts. It speaks OpenAI's wire format. */
  model: ModelServer;
}

/** Starts a gateway in this process. Its model responds as the test scripts. */
export async function startScriptedGateway(options: TestGatewayOptions = {}): Promise<ScriptedGateway> {
  const model = await startModelServer();
  const settings = {
    OPENAI_BASE_URL: model.openaiUrl,
    MODEL: 'openai-compatible/scripted',
    ...options.settings,
  };
  const gateway = await startTestGateway({ ...options, settings });
  return {
    ...gateway,
    model,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}
