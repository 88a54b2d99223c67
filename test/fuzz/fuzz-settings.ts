/** How much fuzzing generates, and from where: FUZZ_EXAMPLES for each operation or method, from FUZZ_SEED or `random`. */
export function fuzzSettings(env: NodeJS.ProcessEnv = process.env): { seed: number; examples: number } {
  const whole = (variable: string, fallback: number) => {
    const text = env[variable] ?? String(fallback)
    if (!/^\d{1,9}$/.test(text)) throw new Error(`${variable} is "${text}": give a whole number`)
    return Number(text)
  }
  const random = env.FUZZ_SEED === 'random'
  return {
    // The same requests on every run, so that one that fails is no matter of luck.
    seed: random ? Math.floor(Math.random() * 1e9) : whole('FUZZ_SEED', 20_300_501),
    examples: whole('FUZZ_EXAMPLES', 2),
  }
}
