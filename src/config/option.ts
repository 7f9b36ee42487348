import type { z } from 'zod';

/** One option. */
export interface Option {
  /** Where its value is in the configuration: `property` or `group.property`. */
  readonly path: string;
  /** What it is, as a phrase that begins a sentence and has no full stop. */
  readonly about: string;
  /** What holds where the variable is absent or empty, before the schema reads it; null: the value is null. */
  readonly default: string | number | null;
  readonly unit: Unit | null;
  /** Reads the variable's text; its description says which values are allowed, its messages complete "NAME …". */
  readonly schema: z.ZodType;
}

type Unit = 'ms' | 'bytes' | 'changes' | 'levels' | 'UTF-16 units' | 'connections';
