import type { Logger } from 'pino';
import { repeat } from '../../base/repeat.ts';
import type { UploadedBlobs } from './uploaded-blobs.ts';

const dayMs = 86_400_000;

/**
 * Deletes at once the blobs whose rows were deleted before a crash. Then it sweeps once a day while the gateway runs, so that
 * blobs in use never look old. Uploads that were staged more than a day ago count as unfinished. Disposing ends that.
 */
export function sweepDaily(blobs: UploadedBlobs, log: Logger): AsyncDisposable {
  const attempt = (work: Promise<void>) =>
    work.catch((err: unknown) => log.warn({ err }, 'old recordings and attachments could not be swept'));
  const left = attempt(blobs.releaseLeft());
  const daily = repeat(dayMs, () => attempt(blobs.sweep(new Date(Date.now() - dayMs))));
  return {
    async [Symbol.asyncDispose]() {
      await daily[Symbol.asyncDispose]();
      await left;
    },
  };
}
