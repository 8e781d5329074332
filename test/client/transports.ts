import {
  createSingleConnection,
  createSwitchyard,
  type Switchyard,
  type SwitchyardOptions,
} from '../../src/client/client.ts';
import { createRetry } from '../../src/client/retry.ts';

/** Makes a client of a gateway, by its address without a path. */
export type MakeClient = (url: string, options?: Omit<SwitchyardOptions, 'url'>) => Switchyard;

/** Short pauses, because tests cut connections on purpose. */
const retry = createRetry({ firstMs: 5, longestMs: 50 });

export const distinctClient: MakeClient = (url, options) => createSwitchyard({ retry, ...options, url });

export const singleClient: MakeClient = (url, options) =>
  distinctClient(url, {
    ...options,
    transport: createSingleConnection({ ...options, url }).subscribe,
  });

/** For `describe.each`: everything a client can do works with both. */
export const transports: [name: string, make: MakeClient][] = [
  ['with a connection for each subscription', distinctClient],
  ['with a single connection', singleClient],
];
