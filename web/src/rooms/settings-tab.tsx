import { useRouter } from '@tanstack/solid-router'
import Archive from 'lucide-solid/icons/archive'
import Download from 'lucide-solid/icons/download'
import Trash from 'lucide-solid/icons/trash'
import { createSignal, Match, Show, Switch } from 'solid-js'
import { createAction } from '~/account/action'
import { Modal } from '~/account/modal'
import { Act, Fault } from '~/account/parts'
import { useLive } from '~/app/live'
import { labelOf } from '~/app/naming'
import { m, plural, t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import { may, type Action } from '~/permissions.gen'
import type { RoomInfo } from '~/realtime/wire.gen'
import { Button, buttonVariants } from '~/ui/button'
import { DialogFooter } from '~/ui/dialog'
import { TextField, TextFieldInput, TextFieldLabel } from '~/ui/text-field'
import { showToast } from '~/ui/toast'
import { PanelBlock, Select } from './block'
import { archiveRoom, changeRoom, deleteRoom, exportAddress } from './calls'
import { kindWords, whoMay } from './kind-words'
import { NAME_CHARS, TOPIC_CHARS } from './make-dialog'

const SLOW: readonly { value: number; label: string }[] = [
  { value: 0, label: m('Off') },
  { value: 10, label: m('10 seconds') },
  { value: 30, label: m('30 seconds') },
  { value: 60, label: m('1 minute') },
  { value: 300, label: m('5 minutes') },
  { value: 900, label: m('15 minutes') },
  { value: 3_600, label: m('1 hour') },
]

/** How a room is set up, as far as the person may change it; else the words who may. */
export function SettingsTab(props: { info: RoomInfo; onChanged(): void }) {
  const allowed = (action: Action) => may(action, props.info.role, props.info.kind)
  const ruled = () => props.info.kind === 'public' || props.info.kind === 'private'
  const slow = createAction((slowModeSeconds: number) => changeRoom(props.info.slug, { slowModeSeconds }), { done: () => props.onChanged() })
  const slows = () => {
    const { slowModeSeconds: value } = props.info
    const all = SLOW.map((s) => ({ ...s, label: t(s.label) }))
    return SLOW.some((s) => s.value === value) ? all : [...all, { value, label: plural(value, '1 second', '{count} seconds') }]
  }
  return (
    <>
      <PanelBlock title={t('Name and topic')}>
        <Show when={allowed('edit_room')} fallback={<No action="edit_room" info={props.info} />}>
          <NameForm info={props.info} onChanged={() => props.onChanged()} />
        </Show>
      </PanelBlock>
      <Show when={ruled()}>
        <PanelBlock title={t('Who it is for')}>
          <Show when={allowed('set_kind') && props.info.slug !== 'global'} fallback={<No action="set_kind" info={props.info} words={props.info.slug === 'global' ? t('This room is for everybody on the server.') : undefined} />}>
            <KindForm info={props.info} onChanged={() => props.onChanged()} />
          </Show>
        </PanelBlock>
        <PanelBlock title={t('Slow mode')} text={t("How long each person waits between two messages. Moderators and owners don't.")}>
          <Show when={allowed('set_slow_mode')} fallback={<No action="set_slow_mode" info={props.info} />}>
            <Select label={t('Slow mode')} hideLabel value={props.info.slowModeSeconds} options={slows()} onChange={(seconds) => void slow.run(seconds)} />
            <Fault action={slow} />
          </Show>
        </PanelBlock>
        <PanelBlock title={t('Keep and close')}>
          <Ends info={props.info} allowed={allowed} onChanged={() => props.onChanged()} />
        </PanelBlock>
      </Show>
    </>
  )
}

function No(props: { action: Action; info: RoomInfo; words?: string | undefined }) {
  return <p class="text-meta text-muted">{props.words ?? whoMay(props.action, props.info.kind)}</p>
}

function NameForm(props: { info: RoomInfo; onChanged(): void }) {
  const [name, setName] = createSignal<string>()
  const [topic, setTopic] = createSignal<string>()
  // What others change shows as long as one hasn't begun to write.
  const now = () => ({ name: name() ?? props.info.name, topic: topic() ?? props.info.topic })
  const changed = () => now().name.trim() !== props.info.name || now().topic.trim() !== props.info.topic
  const group = () => props.info.kind === 'group'
  const save = createAction(
    () =>
      changeRoom(props.info.slug, {
        ...(now().name.trim() !== props.info.name && { name: now().name.trim() }),
        ...(now().topic.trim() !== props.info.topic && { topic: now().topic.trim() }),
      }),
    {
      done() {
        setName(undefined)
        setTopic(undefined)
        props.onChanged()
        showToast({ title: t('Saved') })
      },
    },
  )
  return (
    <form
      class="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (changed()) void save.run()
      }}
    >
      <TextField value={now().name} onChange={setName}>
        <TextFieldLabel>{t('Name')}</TextFieldLabel>
        <TextFieldInput class="h-10" maxLength={NAME_CHARS} dir="auto" autocomplete="off" />
      </TextField>
      <TextField value={now().topic} onChange={setTopic}>
        <TextFieldLabel>{t('Topic')}</TextFieldLabel>
        <TextFieldInput class="h-10" maxLength={TOPIC_CHARS} dir="auto" autocomplete="off" placeholder={t('What is talked about here')} />
      </TextField>
      <Show when={!group()}>
        <p class="text-meta text-muted">{t('The address stays {address}.', { address: `/rooms/${props.info.slug}` })}</p>
      </Show>
      <Fault action={save} />
      <Act action={save} size="small" class="self-start" label={t('Save')} busyLabel={t('Saving…')} disabled={!changed() || (now().name.trim() === '' && !group())} />
    </form>
  )
}

function KindForm(props: { info: RoomInfo; onChanged(): void }) {
  const other = () => (props.info.kind === 'public' ? 'private' : 'public')
  const [asks, setAsks] = createSignal(false)
  const change = createAction(() => changeRoom(props.info.slug, { kind: other() }), {
    done() {
      setAsks(false)
      props.onChanged()
    },
  })
  return (
    <>
      <p class="text-meta">
        <T text="{kind}. {meaning}" kind={<span class="font-medium">{t(kindWords[props.info.kind].title)}</span>} meaning={t(kindWords[props.info.kind].text)} />
      </p>
      <Button variant="outline" size="small" class="self-start" onClick={() => setAsks(true)}>
        {other() === 'public' ? t('Make it public…') : t('Make it private…')}
      </Button>
      <Modal
        open={asks()}
        onClose={() => setAsks(false)}
        alert
        title={other() === 'public' ? t('Make {room} public?', { room: labelOf(props.info) }) : t('Make {room} private?', { room: labelOf(props.info) })}
        text={other() === 'public' ? t('Everybody on this server can then read all that was said in it, and join.') : t('Who isn’t a member can then no longer see it, nor what was said in it.')}
      >
        <Fault action={change} />
        <DialogFooter>
          <Button variant="outline" onClick={() => setAsks(false)}>{t('Cancel')}</Button>
          <Act action={change} label={other() === 'public' ? t('Make it public') : t('Make it private')} busyLabel={t('Changing…')} onClick={() => void change.run()} />
        </DialogFooter>
      </Modal>
    </>
  )
}

function Ends(props: { info: RoomInfo; allowed(action: Action): boolean; onChanged(): void }) {
  const live = useLive()
  const [deletes, setDeletes] = createSignal(false)
  const archived = () => props.info.archivedAt > 0
  const global = () => props.info.slug === 'global'
  // The room tells of it before the answer is there: what it was is looked at ahead.
  let was = false
  const archive = createAction(() => archiveRoom(props.info.slug, !(was = archived())), {
    done() {
      props.onChanged()
      void live.rooms.load()
      showToast({
        title: was ? t('The room is open again') : t('The room is archived'),
        ...(!was && { action: { label: t('Undo'), act: () => void archiveRoom(props.info.slug, false).then(() => props.onChanged()) } }),
      })
    },
  })
  return (
    <div class="flex flex-col items-start gap-4">
      <div class="flex flex-col items-start gap-1.5">
        <Show when={props.allowed('export_room')} fallback={<No action="export_room" info={props.info} />}>
          <ExportLink slug={props.info.slug} />
          <p class="text-meta text-muted">{t('All messages and members, one JSON object a line.')}</p>
        </Show>
      </div>
      <div class="flex flex-col items-start gap-1.5">
        <Switch>
          <Match when={global()}>
            <p class="text-meta text-muted">{t('This room is always there: it can be neither archived nor deleted.')}</p>
          </Match>
          <Match when={!props.allowed('archive')}>
            <No action="archive" info={props.info} />
          </Match>
          <Match when={props.allowed('archive')}>
            <Button variant="outline" size="small" aria-busy={archive.busy()} onClick={() => void archive.run()}>
              <Archive class="size-3.5" aria-hidden="true" />
              {archived() ? t('Open the room again') : t('Archive the room')}
            </Button>
            <p class="text-meta text-muted">{archived() ? t('People can then write in it as before.') : t('It stays readable, and leaves everybody’s list. Nobody can write in it.')}</p>
            <Fault action={archive} />
          </Match>
        </Switch>
      </div>
      <Show when={!global()}>
        <div class="flex flex-col items-start gap-1.5">
          <Show when={props.allowed('delete_room')} fallback={<No action="delete_room" info={props.info} />}>
            <Button variant="outline" size="small" class="text-bad" onClick={() => setDeletes(true)}>
              <Trash class="size-3.5" aria-hidden="true" />
              {t('Delete the room…')}
            </Button>
            <DeleteDialog open={deletes()} info={props.info} onClose={() => setDeletes(false)} />
          </Show>
        </div>
      </Show>
    </div>
  )
}

function ExportLink(props: { slug: string }) {
  return (
    <a class={buttonVariants({ variant: 'outline', size: 'small' })} href={exportAddress(props.slug)} download={`${props.slug}.ndjson`}>
      <Download class="size-3.5" aria-hidden="true" />
      {t('Export the room')}
    </a>
  )
}

/** What can't be undone is offered to be kept first, and asked for by name. */
function DeleteDialog(props: { open: boolean; info: RoomInfo; onClose(): void }) {
  const live = useLive()
  const router = useRouter()
  const [name, setName] = createSignal('')
  const remove = createAction(() => deleteRoom(props.info.slug, name().trim()), {
    done() {
      showToast({ title: t('{room} is deleted', { room: labelOf(props.info) }) })
      props.onClose()
      void live.rooms.load()
      void router.navigate({ to: '/rooms/$slug', params: { slug: 'global' }, search: {} })
    },
  })
  return (
    <Modal open={props.open} onClose={props.onClose} alert title={t('Delete {room}?', { room: labelOf(props.info) })} text={t("All of its messages and files are deleted for everybody. This can't be undone.")}>
      <div class="flex flex-col items-start gap-1.5 rounded-card border border-line bg-sunken p-3">
        <p class="text-meta">{t('Keep a copy first:')}</p>
        <ExportLink slug={props.info.slug} />
      </div>
      <form
        class="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (name().trim() === props.info.name) void remove.run()
        }}
      >
        <TextField value={name()} onChange={setName}>
          <TextFieldLabel>
            <T text="Type {name} to delete it" name={<bdi class="font-semibold">{props.info.name}</bdi>} />
          </TextFieldLabel>
          <TextFieldInput autocomplete="off" dir="auto" />
        </TextField>
        <Fault action={remove} />
        <DialogFooter>
          <Button variant="outline" onClick={() => props.onClose()}>{t('Keep the room')}</Button>
          <Act action={remove} variant="danger" label={t('Delete the room')} busyLabel={t('Deleting…')} disabled={name().trim() !== props.info.name} />
        </DialogFooter>
      </form>
    </Modal>
  )
}
