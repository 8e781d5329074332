import type { Logger } from 'pino';

/**
 * Logs each rejection that nothing handles, with its stack, and lets the process go on. By default Node.js would end the
 * process: one fault in one request would break off the answers of hundreds of live runs, and a client that repeats the
 * request could keep the gateway down. Going on is safe, because only the work that had the promise has failed.
 *
 * An error that is thrown outside of promises still ends the process. It may come from the middle of a change to data
 * that all requests share, such as the list of live runs. The next start ends the runs that were live.
 */
export function logRejections(log: Logger): void {
  process.on('unhandledRejection', (err) => {
    log.error(
      { err },
      'a promise was rejected and nothing handled it: please report this fault of the gateway',
    );
  });
}
