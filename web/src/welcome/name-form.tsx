import { useQueryClient } from '@tanstack/solid-query'
import { createSignal, Show, type JSX } from 'solid-js'
import { createAction, type Action } from '~/account/action'
import { Fault } from '~/account/parts'
import { t } from '~/i18n/i18n'
import type { ServerInfo } from '~/realtime/wire.gen'
import { settingsQuery } from '~/settings'
import { TextField, TextFieldDescription, TextFieldInput, TextFieldLabel } from '~/ui/text-field'
import { changeServer, DESCRIPTION_CHARS, NAME_CHARS } from './calls'
import { setServerName } from './naming'

/** What the server is called: its name, unless whoever runs it has set that, and a line of what it is. */
export function NameForm(props: {
  server: ServerInfo
  autofocus?: boolean
  onSaved(): void
  children: (form: { action: Action<[]>; name: string; changed: boolean }) => JSX.Element
}) {
  const client = useQueryClient()
  // What is being written outlives what comes from elsewhere.
  const [name, setName] = createSignal(props.server.name)
  const [description, setDescription] = createSignal(props.server.description)
  const changed = () => name().trim() !== props.server.name || description().trim() !== props.server.description

  const save = createAction(
    () => changeServer({ ...(!props.server.nameFixed && { name: name().trim() }), description: description().trim() }),
    {
      done(server) {
        setServerName(server)
        client.setQueryData(settingsQuery.queryKey, (settings) => settings && { ...settings, server })
        props.onSaved()
      },
    },
  )

  return (
    <form
      class="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (changed()) void save.run()
        else props.onSaved()
      }}
    >
      <TextField value={name()} onChange={setName} readOnly={props.server.nameFixed}>
        <TextFieldLabel>{t('Name')}</TextFieldLabel>
        <TextFieldInput
          maxLength={NAME_CHARS} dir="auto" autocomplete="off" placeholder={t('The Corner Table')} autofocus={props.autofocus ?? false}
          class={props.server.nameFixed ? 'bg-sunken text-muted' : ''}
        />
        <Show when={props.server.nameFixed}>
          <TextFieldDescription>{t('Whoever runs the server has set the name in its settings. It can be changed there.')}</TextFieldDescription>
        </Show>
      </TextField>
      <TextField value={description()} onChange={setDescription}>
        <TextFieldLabel>{t('What is it? (optional)')}</TextFieldLabel>
        <TextFieldInput maxLength={DESCRIPTION_CHARS} dir="auto" autocomplete="off" placeholder={t('For the people of Mill Lane')} />
        <TextFieldDescription>{t('One line, for those who come new.')}</TextFieldDescription>
      </TextField>
      <Fault action={save} />
      {props.children({
        action: save,
        get name() {
          return name().trim()
        },
        get changed() {
          return changed()
        },
      })}
    </form>
  )
}
