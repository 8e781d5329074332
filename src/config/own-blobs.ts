import type { Config } from './config.ts';

/** Whether the stored files lie in the gateway's own `DATA_DIR`, where no other gateway reads or writes them. */
export function hasOwnBlobs({ blobs, dataDir }: Pick<Config, 'blobs' | 'dataDir'>): boolean {
  return blobs.url.startsWith(`file:${dataDir}/`);
}
