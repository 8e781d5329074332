import type { Bus } from '../../bus/bus.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import type { ToolRunner } from '../../tools/tool-runner.ts';
import type { RunLog } from '../log/run-writer.ts';
import type { SteerNote } from '../steering/steer-note.ts';
import type { Approvals } from '../tool-calls/approvals.ts';
import type { OpenCalls } from '../tool-calls/open-calls.ts';
import type { FittingStepOptions } from './fitting-step.ts';
import type { ResumePoint } from './resume-point.ts';

export interface RunStepsOptions extends FittingStepOptions {
  statements: Statements;
  sessionId: number;
  tools: ToolRunner;
  approvals: Approvals;
  changes: ChangeLog;
  openCalls: OpenCalls;
  /** The logs of the runs whose prompts join the answer. */
  runLog: RunLog;
  bus: Bus;
  steerNote: SteerNote;
  /** Waits while a budget is used up. */
  passBudget: () => Promise<void>;
  /** Set for a run that another gateway has executed. */
  resumed: ResumePoint | undefined;
}
