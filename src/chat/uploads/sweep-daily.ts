import type { Logger } from 'pino';
import { repeat } from '../../base/repeat.ts';
import type { UploadedBlobs } from './uploaded-blobs.ts';

const dayMs = 86_400_000;

/**
 * Sweeps once a day while the gateway runs, so that blobs in use never look old. Uploads that were staged more than
 * a day ago count as unfinished. Disposing ends that.
 */
export function sweepDaily(blobs: UploadedBlobs, log: Logger): AsyncDisposable {
  return repeat(dayMs, () =>
    blobs
      .sweep(new Date(Date.now() - dayMs))
      .catch((err) => log.warn({ err }, 'old recordings and attachments could not be swept')),
  );
}
