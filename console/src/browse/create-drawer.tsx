import { Drawer, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ApiDocument, operationOf } from '../api/document.ts'
import { learn } from '../api/names.ts'
import { ResourceForm } from '../forms/resource-form.tsx'
import { label, messages } from '../messages/index.ts'
import { locationsQuery, useLocation } from '../shell/house.tsx'
import type { Collection } from './collection.ts'

type Props = {
  readonly document: ApiDocument
  readonly collection: Collection
  readonly opened: boolean
  readonly onClose: () => void
}

/** The form for a new resource, beside its list. */
export function CreateDrawer({ document, collection, opened, onClose }: Props) {
  const operation = operationOf(document, 'POST', collection.path)
  const navigate = useNavigate()
  const queries = useQueryClient()
  const location = useLocation()
  const { isPending } = useQuery(locationsQuery)
  const one = messages.one[collection.name] ?? label(collection.name)
  if (operation === undefined) return null
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size="md"
      title={<Text fw={600}>{messages.list.create(one)}</Text>}
      closeButtonProps={{ 'aria-label': messages.close }}
    >
      {!isPending && (
        <ResourceForm
          document={document}
          operation={operation}
          path={collection.path}
          initial={{ location: location?.id, hotel: location?.hotel }}
          onCancel={onClose}
          onDone={(made) => {
            learn(collection.property, [made])
            notifications.show({ message: messages.page.created(one) })
            void queries.invalidateQueries({ queryKey: ['list', collection.path] })
            void navigate({ to: `${collection.path}/${made.id}` as never })
          }}
        />
      )}
    </Drawer>
  )
}
