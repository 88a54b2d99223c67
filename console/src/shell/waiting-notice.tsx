import { Button, Group, Paper, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useWaiting } from '../api/waiting.ts'
import { messages } from '../messages/index.ts'

/** Says why calls wait and counts down to the next attempt, which comes by itself. */
export function WaitingNotice() {
  const waiting = useWaiting()
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (waiting === undefined) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 250)
    return () => clearInterval(timer)
  }, [waiting])
  const seconds = waiting === undefined ? 0 : Math.max(1, Math.ceil((waiting.until - now) / 1_000))
  return (
    <div role="status" className="waiting-notice">
      {waiting !== undefined && (
        <Paper withBorder shadow="md" p="sm">
          <Group gap="md" wrap="nowrap">
            <Text size="sm">{messages.waiting[waiting.why](seconds)}</Text>
            <Button size="compact-sm" variant="default" onClick={waiting.stop}>
              {messages.waiting.stop}
            </Button>
          </Group>
        </Paper>
      )}
    </div>
  )
}
