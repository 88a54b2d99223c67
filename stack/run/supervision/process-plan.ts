import type { RunFile } from '../run-file.ts'

/** A process: how it is started, when it is ready, how it is stopped. */
export type Plan = {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly user?: { readonly uid: number; readonly gid: number }
  /** What it reads from its standard input. */
  readonly input?: string
  /** A Node process that shall end when this one does: it is given a channel to notice by. */
  readonly endsWithParent?: boolean
  /** Resolves when the process, which has this id, does its work; asked again as long as it throws. */
  readonly ready: (signal: AbortSignal, pid: number) => Promise<unknown>
  readonly readyWithinMs: number
  /** What it has done so far of what it does before it is ready, for a person: as long as that changes, it is not late. */
  readonly progress?: (signal: AbortSignal) => Promise<string | undefined>
  /** Resolves when the process answers at all; one that answers no more for long is ended, and started again. */
  readonly alive?: (signal: AbortSignal) => Promise<unknown>
  /** How often that is asked: every five seconds unless it is said. */
  readonly aliveEveryMs?: number
  /** What is done before the signal to stop. */
  readonly beforeStop?: () => Promise<unknown>
  readonly stopSignal: NodeJS.Signals
  readonly stopWithinMs: number
  /** What ends it at once: SIGKILL, unless it leaves something behind then. */
  readonly forceSignal?: NodeJS.Signals
}

/** What all processes of a stack share. */
export type SupervisorContext = {
  readonly runFile: RunFile
  /** Takes each line that a process writes. */
  readonly log: (name: string, line: string) => void
  /** Takes sentences to a person. */
  readonly say: (sentence: string) => void
  /** Whether a process that dies is started again, as a supervisor would. */
  readonly restart: boolean
  /** Gives up what is being started; nothing is started any more. */
  readonly signal: AbortSignal
  /** Ends by force what is being stopped, and what is stopped from then on. */
  readonly force?: AbortSignal
}
