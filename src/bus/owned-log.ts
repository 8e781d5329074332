import type { AppendLog } from './append-log.ts';

interface OpenLogOptions {
  /** Grows whenever another gateway begins to write the log. Entries with a lower number than the newest are refused. */
  fence: number;
  /** The entries follow this seq. 0: the log begins. Entries that are there already keep their place. */
  lastSeq: number;
  /** Called once when another gateway has begun to write the log. */
  onFenced?: () => void;
}

/**
 * Logs that one gateway at a time writes, the owner, and all gateways read. `append` needs a log that is open here, or
 * one that has never begun.
 */
export interface OwnedLog<Body extends object> extends AppendLog<Body> {
  /** From here on this gateway writes the log. Opening it again with the same fence does nothing. */
  open(key: string, options: OpenLogOptions): void;
  /** Whether this gateway writes the log, or has written it and still keeps its entries. */
  isOpen(key: string): boolean;
  /** Stops writing the log, and drops what no other gateway has seen. From here on it is read as others wrote it. */
  abandon(key: string): void;
  /**
   * Writes the first entry of a log that nobody has opened yet, for followers on all gateways. The gateway that opens the
   * log must write the same entry first, because this one may be lost.
   */
  begin(key: string, body: Body): Promise<void>;
}
