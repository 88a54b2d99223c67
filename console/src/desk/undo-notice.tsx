import { Button, Group } from '@mantine/core'
import { messages } from '../messages/index.ts'

type Props = {
  readonly sentence: string
  readonly undo: (() => Promise<unknown>) | undefined
  readonly close: () => void
}

/** What was done, and the button that takes it back. */
export function UndoNotice({ sentence, undo, close }: Props) {
  return (
    <Group justify="space-between" gap="sm">
      {sentence}
      {undo !== undefined && (
        <Button size="compact-xs" variant="light" onClick={() => [close(), void undo()]}>
          {messages.deskPage.undo}
        </Button>
      )}
    </Group>
  )
}
