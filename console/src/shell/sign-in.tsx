import { Alert, Anchor, Button, Divider, Modal, PasswordInput, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { readClaims, signIn, useSession } from '../api/session.ts'
import { readConfig, redeem, type SignInConfig } from '../api/sign-in.ts'
import { messages } from '../messages/index.ts'

const words = messages.signIn

/** The sign-in: lies over the page while there is no token, or none that is accepted, and leaves the page as it is. */
export function SignIn() {
  const { asking, token } = useSession()
  const [problem, setProblem] = useState('')
  const [code] = useState(takeCode)
  const [busy, setBusy] = useState(false)
  const { data: config } = useQuery({ queryKey: ['config'], queryFn: readConfig, staleTime: Number.POSITIVE_INFINITY })
  useEffect(() => {
    if (code === undefined) return
    setBusy(true)
    redeemOnce(code)
      .then(signIn, (error: Error) => setProblem(words.developerFailed(error.message)))
      .finally(() => setBusy(false))
  }, [code])
  const expired = token !== undefined
  return (
    <Modal
      opened={asking}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={<Text fw={600}>{words.title}</Text>}
      centered
      zIndex={1_000}
      overlayProps={{ backgroundOpacity: 0.55, blur: 3 }}
    >
      <Stack gap="sm">
        <Text size="sm">{expired ? words.expired : words.intro}</Text>
        {problem !== '' && (
          <Alert color="red" role="alert">
            {problem}
          </Alert>
        )}
        {busy && <Text size="sm">{words.developer}</Text>}
        {config?.oidc && <OidcButton oidc={config.oidc} onProblem={setProblem} />}
        {config?.oidc && <Divider />}
        <TokenForm />
        {config?.devSignIn === true && (
          <Text size="xs" c="dimmed">
            {words.developerHint}
          </Text>
        )}
      </Stack>
    </Modal>
  )
}

function OidcButton({
  oidc,
  onProblem,
}: {
  readonly oidc: NonNullable<SignInConfig['oidc']>
  readonly onProblem: (sentence: string) => void
}) {
  const [waiting, setWaiting] = useState(false)
  const start = async () => {
    onProblem('')
    setWaiting(true)
    try {
      const { signInByOidc } = await import('../api/oidc-flow.ts')
      signIn(await signInByOidc(oidc))
    } catch (error) {
      onProblem((error as Error).message)
    } finally {
      setWaiting(false)
    }
  }
  return (
    <Stack gap={4}>
      <Button onClick={start}>{words.oidc}</Button>
      {waiting && (
        <Text size="xs" role="status">
          {words.waiting}{' '}
          <Anchor component="button" size="xs" onClick={start}>
            {messages.retry}
          </Anchor>
        </Text>
      )}
    </Stack>
  )
}

function TokenForm() {
  const [text, setText] = useState('')
  const [problem, setProblem] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const token = text.trim().replace(/^Bearer /i, '')
    const { expires } = readClaims(token)
    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return setProblem(words.tokenBad)
    if (expires !== undefined && expires < Date.now()) return setProblem(words.tokenOld)
    setText('')
    signIn(token)
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <PasswordInput
          label={words.token}
          description={words.tokenHint}
          value={text}
          onChange={(event) => [setText(event.currentTarget.value), setProblem('')]}
          error={problem === '' ? undefined : problem}
          autoComplete="off"
          data-autofocus
        />
        <Button type="submit" variant="light">
          {words.submit}
        </Button>
      </Stack>
    </form>
  )
}

/** Takes the one-time code out of the address, so that neither history nor bookmarks keep it. */
function takeCode(): string | undefined {
  const code = new URLSearchParams(location.hash.slice(1)).get('code') ?? undefined
  if (code !== undefined) history.replaceState(history.state, '', location.pathname + location.search)
  return code
}

let redeeming: { readonly code: string; readonly token: Promise<string> } | undefined

/** A code works once, and React may run an effect twice. */
function redeemOnce(code: string): Promise<string> {
  if (redeeming?.code !== code) redeeming = { code, token: redeem(code) }
  return redeeming.token
}
