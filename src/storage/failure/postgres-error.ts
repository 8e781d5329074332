import { driverFailure } from './driver-failure.ts';

/**
 * The SQLSTATE with which PostgreSQL refused a statement, Prisma's or a prepared one, or the code of the socket that
 * broke: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function postgresCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const failure = driverFailure(adapterErrorOf(error));
  if (failure !== undefined) return failure.originalCode ?? connectionKinds[failure.kind];
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return prismaCodes[code] ?? code;
  return brokenConnection.test(message) ? 'ECONNRESET' : undefined;
}

/** Prisma puts the error of its adapter into `meta` of its own. */
function adapterErrorOf(error: Error): unknown {
  const { meta } = error as { meta?: { driverAdapterError?: unknown } };
  return meta?.driverAdapterError ?? error;
}

/** What Prisma's adapter makes of failures of the connection, which keep no code. */
const connectionKinds: Record<string, string> = {
  DatabaseNotReachable: 'ECONNREFUSED',
  ConnectionClosed: 'ECONNRESET',
  SocketTimeout: 'ETIMEDOUT',
  TooManyConnections: '53300',
  TransactionWriteConflict: '40001',
};

/** https://www.prisma.io/docs/orm/reference/error-reference */
const prismaCodes: Record<string, string> = {
  P1001: 'ECONNREFUSED',
  P1017: 'ECONNRESET',
  P2034: '40001',
  P2037: '53300',
};

/** Messages of pg for connections that ended, and for waits that took too long. They have no code. */
const brokenConnection =
  /^(?:Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** Whether a transaction failed only because of another one, so that it can be repeated: deadlock, serialization failure. */
export function isTransactionConflict(error: unknown): boolean {
  return ['40001', '40P01'].includes(postgresCode(error) ?? '');
}

/** Whether a statement failed because it waited too long for a lock, or because of another transaction. */
export function isServerBusy(error: unknown): boolean {
  return ['55P03', '57014', '25P03'].includes(postgresCode(error) ?? '') || isTransactionConflict(error);
}

/** Whether a statement failed because its connection broke, or no connection could be made. */
export function isConnectionLost(error: unknown): boolean {
  const code = postgresCode(error) ?? '';
  return /^(?:08|57P)/.test(code) || socketCodes.has(code);
}

/** Whether the server refused a connection because it has as many as it allows. */
export function isServerFull(error: unknown): boolean {
  return postgresCode(error) === '53300';
}

/** Says why the server or the way to it made a statement fail, in words that can follow a colon and name no host. */
export function serverFailure(error: unknown): string | undefined {
  const code = postgresCode(error);
  if (code === undefined) return undefined;
  if (code === '53100') return 'the disk is full';
  if (isServerFull(error)) return 'the database server takes no more connections';
  if (isServerBusy(error)) return 'another program locks the database';
  if (isConnectionLost(error) || code.startsWith('58')) return 'the database server cannot be reached';
  return undefined;
}

const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);
