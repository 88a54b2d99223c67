import { mkdir, mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { fromCaller } from '@hotel/stack/run/command-line'
import { Problem } from '../../../stack/setup/problem.mjs'
import { root } from '../../../stack/setup/run.mjs'
import { readEvidence } from '../history/recorder.ts'
import { runMutants } from '../mutants/run-mutants.ts'
import { makePlan } from '../plan/plan.ts'
import { run } from '../run.ts'
import { conclude, summaryOf, wordsOf } from './report.ts'
import { settingsOf } from './settings.ts'

/** `npm run torture`: the command. */
export async function main(args: readonly string[]): Promise<void> {
  const settings = settingsOf(args)
  const say = (sentence: string) => console.log(sentence)
  const signal = untilStopped()
  if (settings.mutants) {
    if (!(await runMutants(settings, say, signal))) process.exitCode = 1
    return
  }
  const folder = settings.folder === undefined ? await newFolder(settings.seed) : fromCaller(settings.folder)
  const options = { folder, say, signal, isLight: settings.light }
  const evidence = settings.judge ? await readEvidence(folder) : await run(makePlan(settings), options)
  say('Judging ...')
  const verdict = await conclude(evidence, folder)
  say(wordsOf(verdict, evidence, folder))
  // To a program that runs this: the mutants' one.
  if (process.send !== undefined) process.send({ summary: summaryOf(verdict) })
  if (verdict.violations.length > 0) process.exitCode = 1
}

/** Aborts when this process is to stop, or is left alone by the one that has started it. */
function untilStopped(): AbortSignal {
  const stopping = new AbortController()
  const stop = () => stopping.abort(new Problem('The run was stopped before its end.'))
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop)
  process.once('disconnect', stop)
  return stopping.signal
}

async function newFolder(seed: number): Promise<string> {
  const all = path.join(root, '.build', 'torture')
  await mkdir(all, { recursive: true })
  return mkdtemp(path.join(all, `seed-${seed}-`))
}
