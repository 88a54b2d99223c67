import { Accordion, ActionIcon, Code, CopyButton, Group, Text } from '@mantine/core'
import IconCheck from '@tabler/icons-react/dist/esm/icons/IconCheck.mjs'
import IconCopy from '@tabler/icons-react/dist/esm/icons/IconCopy.mjs'
import type { Call } from '../api/call.ts'
import { curlOf, grpcurlOf } from '../api/commands.ts'
import type { ApiDocument } from '../api/document.ts'
import { messages } from '../messages/index.ts'

type Props = { readonly document: ApiDocument; readonly call: Call; readonly answer?: unknown }

/** The call beside what it gave: as curl and as grpcurl to copy, and the answer as it came. */
export function CallPanel({ document, call, answer }: Props) {
  const grpcurl = grpcurlOf(document, call)
  return (
    <Accordion variant="contained" multiple chevronPosition="left" className="call-panel">
      <Accordion.Item value="call">
        <Accordion.Control>
          {messages.page.calls}{' '}
          <Text span size="xs" c="dimmed" ff="monospace">
            {call.method} {call.path}
          </Text>
        </Accordion.Control>
        <Accordion.Panel>
          <Copied title="curl" text={curlOf(call)} />
          {grpcurl !== undefined && <Copied title="grpcurl" text={grpcurl} />}
        </Accordion.Panel>
      </Accordion.Item>
      {answer !== undefined && (
        <Accordion.Item value="raw">
          <Accordion.Control>{messages.page.raw}</Accordion.Control>
          <Accordion.Panel>
            <Copied title="JSON" text={JSON.stringify(answer, null, 2)} />
          </Accordion.Panel>
        </Accordion.Item>
      )}
    </Accordion>
  )
}

function Copied({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <div className="copied">
      <Group justify="space-between">
        <Text size="xs" fw={600}>
          {title}
        </Text>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <ActionIcon
              variant="subtle"
              color="gray"
              onClick={copy}
              aria-label={`${copied ? messages.page.copied : messages.page.copy}: ${title}`}
            >
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            </ActionIcon>
          )}
        </CopyButton>
      </Group>
      <Code block tabIndex={0} aria-label={title} className="copied-text">
        {text}
      </Code>
    </div>
  )
}
