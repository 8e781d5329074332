import { setTimeout as delay } from 'node:timers/promises';
import { RestedRead } from '../../base/rested-read.ts';
import type { Bus } from '../../bus/bus.ts';
import { type Actor, noteDeed } from '../../changes/audit.ts';
import {
  budgetOfUser,
  type SpentTokens,
  setUserBudget,
  spentByAll,
  spentByLiveRuns,
  spentByUser,
} from '../../storage/statements/spending.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import type { BudgetName } from '../log/run-event.ts';
import { type Cost, type Prices, readUnits } from '../usage/prices.ts';
import type { Usage } from '../usage/usage.ts';
import { addDays, dayOf } from '../usage/usage-report.ts';

/** The settings, as decimal numbers. Undefined: no limit. */
interface BudgetLimits {
  perUserDay?: string | undefined;
  perUserMonth?: string | undefined;
  perDay?: string | undefined;
  perMonth?: string | undefined;
}

/** A budget, and what was spent of it. */
export interface Budget {
  name: BudgetName;
  limit: Cost;
  spent: Cost;
  /** Whether nothing is left of it. */
  isUsedUp: boolean;
  /** When its next period begins. */
  resetsAt: Date;
}

export interface BudgetsOptions {
  statements: Statements;
  prices: Prices;
  limits: BudgetLimits;
  /** Its rings reach all gateways. */
  bus: Bus;
}

/** The topic that rings when a user has got another budget. */
const changedTopic = 'budgets';

/** What a run has used so far, which is in no sum of the database yet. */
export interface OwnSpending {
  runId: number;
  usage: Usage;
}

/**
 * What users may spend, by day and by month in UTC, and what they have spent: in runs that have ended, and in those that are
 * live, by their last checkpoints. Models without a price cost nothing.
 */
export class Budgets {
  readonly #options: BudgetsOptions;
  readonly #live: RestedRead<LiveRow[]>;
  readonly #ofAll: RestedRead<Sums>;

  constructor(options: BudgetsOptions) {
    this.#options = options;
    const { statements } = options;
    this.#live = new RestedRead(async () => statements.all(spentByLiveRuns, []));
    this.#ofAll = new RestedRead(async () => {
      const now = new Date();
      return this.#sums(await statements.all(spentByAll, [dayOf(now), firstOfMonth(now)]));
    });
  }

  /** The budgets that count for a user: their own first, then those of all users together. */
  async of(userId: string, own?: OwnSpending): Promise<Budget[]> {
    const { statements, prices, limits } = this.#options;
    // Without prices nothing costs anything, and a run must not ask the database for nothing.
    if (!prices.isSet) return [];
    const row = await statements.get(budgetOfUser, [userId]);
    const perUserDay = row?.perDay ?? limits.perUserDay;
    const perUserMonth = row?.perMonth ?? limits.perUserMonth;
    const ofUser = perUserDay !== undefined || perUserMonth !== undefined;
    const ofAll = limits.perDay !== undefined || limits.perMonth !== undefined;
    if (!ofUser && !ofAll) return [];
    const now = new Date();
    const live = (await this.#live.get()).filter(({ id }) => id !== own?.runId);
    const ownCost = own ? prices.units([own.usage]) : 0n;
    const costOf = (rows: SpentTokens[]) => ownCost + prices.units(rows);
    const budgets: Budget[] = [];
    const add = (
      names: [BudgetName, BudgetName],
      [day, month]: [Limit, Limit],
      sums: Sums,
      liveCost: bigint,
    ) => {
      if (day !== undefined) budgets.push(this.#budget(names[0], day, sums.day + liveCost, nextDay(now)));
      if (month !== undefined)
        budgets.push(this.#budget(names[1], month, sums.month + liveCost, nextMonth(now)));
    };
    if (ofUser) {
      const sums = await this.#sumsOfUser(userId, now);
      const names: [BudgetName, BudgetName] = ['MAX_COST_PER_USER_PER_DAY', 'MAX_COST_PER_USER_PER_MONTH'];
      add(names, [perUserDay, perUserMonth], sums, costOf(live.filter((each) => each.userId === userId)));
    }
    if (ofAll) {
      const names: [BudgetName, BudgetName] = ['MAX_COST_PER_DAY', 'MAX_COST_PER_MONTH'];
      add(names, [limits.perDay, limits.perMonth], await this.#ofAll.get(), costOf(live));
    }
    return budgets;
  }

  /**
   * The budget that stops a run longest; undefined while all have something left, and for a model without a price, which
   * costs nothing.
   */
  async usedUp(userId: string, own: OwnSpending): Promise<Budget | undefined> {
    if (!this.#options.prices.knows(own.usage)) return undefined;
    const usedUp = (await this.of(userId, own)).filter(({ isUsedUp }) => isUsedUp);
    return usedUp.toSorted((a, b) => b.resetsAt.getTime() - a.resetsAt.getTime())[0];
  }

  /** Gives a user a budget of their own, as decimal numbers. Null: what the settings say. */
  async set(
    userId: string,
    { perDay, perMonth }: { perDay: string | null; perMonth: string | null },
    actor: Actor,
  ): Promise<void> {
    const detail = `per day: ${perDay ?? 'the setting'}; per month: ${perMonth ?? 'the setting'}`;
    await this.#options.statements.transaction(async (tx) => {
      await tx.run(setUserBudget, [userId, perDay, perMonth, new Date()]);
      await noteDeed(tx, actor, { action: 'BUDGET_SET', ownerId: userId, subject: `User:${userId}`, detail });
    });
    this.#options.bus.ring(changedTopic);
  }

  /** Waits until somebody has got another budget, the time is over, or the signal aborts. Never rejects. */
  async changed(withinMs: number, signal: AbortSignal): Promise<void> {
    const ring = new AbortController();
    using _ = this.#options.bus.listen(changedTopic, () => ring.abort());
    await delay(withinMs, undefined, { signal: AbortSignal.any([signal, ring.signal]) }).catch(
      () => undefined,
    );
  }

  #budget(name: BudgetName, limit: string, spent: bigint, resetsAt: Date): Budget {
    const { prices } = this.#options;
    const units = readUnits(limit);
    return {
      name,
      limit: prices.toCost(units),
      spent: prices.toCost(spent),
      isUsedUp: spent >= units,
      resetsAt,
    };
  }

  async #sumsOfUser(userId: string, now: Date): Promise<Sums> {
    const rows = await this.#options.statements.all(spentByUser, [dayOf(now), userId, firstOfMonth(now)]);
    return this.#sums(rows);
  }

  #sums(rows: (SpentTokens & { isToday: number })[]): Sums {
    const { prices } = this.#options;
    return { day: prices.units(rows.filter(({ isToday }) => isToday === 1)), month: prices.units(rows) };
  }
}

type LiveRow = SpentTokens & { id: number; userId: string };

type Limit = string | undefined;

/** What was spent today and in this month, in the units of `Prices`. */
interface Sums {
  day: bigint;
  month: bigint;
}

function firstOfMonth(now: Date): string {
  return `${dayOf(now).slice(0, 8)}01`;
}

function nextDay(now: Date): Date {
  return new Date(addDays(dayOf(now), 1));
}

function nextMonth(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
}
