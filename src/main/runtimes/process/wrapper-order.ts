import type { ProcessIdentity } from '../../host/types.ts';
import type { RunFiles } from './records.ts';

/** What a wrapper is told on its standard input: one JSON text. Only types are here, the wrapper loads nothing of ours. */
export interface WrapperOrder {
  runId: string;
  /** The wrapper itself, as the host sees it. */
  wrapper: ProcessIdentity;
  command: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  files: RunFiles;
  /** A log larger than this is set aside; one such file is kept. */
  maxLogBytes: number;
  maxLineBytes: number;
  /** How long what is left of the process's group, or still holds its output, may go on after its end. */
  leftoverMs: number;
}

/** What a wrapper answers on its standard output, in one line: the run is on disk, or why the program could not be started. */
export type WrapperAnswer = { started: true; pid: number } | { started: false; code: string | null; message: string };
