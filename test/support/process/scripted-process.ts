import { openMigratedFolder } from '../gateway/migrated-folder.ts';
import { type ModelServer, startModelServer } from '../model/model-server.ts';
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts';

export interface ScriptedProcess extends GatewayProcess {
  /** The scripted model, which answers the prompts. */
  model: ModelServer;
  dataDir: string;
  /**
   * Starts the gateway again on the same data, once this one has ended, with the same model.
   *
   * @param settings Added to those of the first start.
   */
  restart(settings?: Record<string, string>): Promise<GatewayProcess>;
}

/** Starts a gateway in a process of its own. Its model responds as the test scripts. */
export async function startScriptedProcess(settings: Record<string, string> = {}): Promise<ScriptedProcess> {
  const folder = await openMigratedFolder();
  const model = await startModelServer();
  const all = {
    DATA_DIR: folder.path,
    OPENAI_BASE_URL: model.openaiUrl,
    MODEL: 'openai-compatible/scripted',
    CHECKPOINT_MS: '20',
    ...settings,
  };
  const gateway = await startGatewayProcess(all);
  const kill = gateway[Symbol.asyncDispose];
  return Object.assign(gateway, {
    model,
    dataDir: folder.path,
    restart: (changed = {}) => startGatewayProcess({ ...all, ...changed }),
    async [Symbol.asyncDispose]() {
      await kill();
      await model[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  });
}
