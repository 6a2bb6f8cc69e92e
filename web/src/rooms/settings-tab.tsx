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
  { value: 0, label: 'Off' },
  { value: 10, label: '10 seconds' },
  { value: 30, label: '30 seconds' },
  { value: 60, label: '1 minute' },
  { value: 300, label: '5 minutes' },
  { value: 900, label: '15 minutes' },
  { value: 3_600, label: '1 hour' },
]

/** How a room is set up, as far as the person may change it; else the words who may. */
export function SettingsTab(props: { info: RoomInfo; onChanged(): void }) {
  const allowed = (action: Action) => may(action, props.info.role, props.info.kind)
  const ruled = () => props.info.kind === 'public' || props.info.kind === 'private'
  const slow = createAction((slowModeSeconds: number) => changeRoom(props.info.slug, { slowModeSeconds }), { done: () => props.onChanged() })
  const slows = () => (SLOW.some((s) => s.value === props.info.slowModeSeconds) ? SLOW : [...SLOW, { value: props.info.slowModeSeconds, label: `${props.info.slowModeSeconds} seconds` }])
  return (
    <>
      <PanelBlock title="Name and topic">
        <Show when={allowed('edit_room')} fallback={<No action="edit_room" info={props.info} />}>
          <NameForm info={props.info} onChanged={() => props.onChanged()} />
        </Show>
      </PanelBlock>
      <Show when={ruled()}>
        <PanelBlock title="Who it is for">
          <Show when={allowed('set_kind') && props.info.slug !== 'global'} fallback={<No action="set_kind" info={props.info} words={props.info.slug === 'global' ? 'This room is for everybody on the server.' : undefined} />}>
            <KindForm info={props.info} onChanged={() => props.onChanged()} />
          </Show>
        </PanelBlock>
        <PanelBlock title="Slow mode" text="How long each person waits between two messages. Moderators and owners don't.">
          <Show when={allowed('set_slow_mode')} fallback={<No action="set_slow_mode" info={props.info} />}>
            <Select label="Slow mode" hideLabel value={props.info.slowModeSeconds} options={slows()} onChange={(seconds) => void slow.run(seconds)} />
            <Fault action={slow} />
          </Show>
        </PanelBlock>
        <PanelBlock title="Keep and close">
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
        showToast({ title: 'Saved' })
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
        <TextFieldLabel>Name</TextFieldLabel>
        <TextFieldInput class="h-10" maxLength={NAME_CHARS} dir="auto" autocomplete="off" />
      </TextField>
      <TextField value={now().topic} onChange={setTopic}>
        <TextFieldLabel>Topic</TextFieldLabel>
        <TextFieldInput class="h-10" maxLength={TOPIC_CHARS} dir="auto" autocomplete="off" placeholder="What is talked about here" />
      </TextField>
      <Show when={!group()}>
        <p class="text-meta text-muted">The address stays /rooms/{props.info.slug}.</p>
      </Show>
      <Fault action={save} />
      <Act action={save} size="small" class="self-start" label="Save" busyLabel="Saving…" disabled={!changed() || (now().name.trim() === '' && !group())} />
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
        <span class="font-medium">{kindWords[props.info.kind].title}.</span> {kindWords[props.info.kind].text}
      </p>
      <Button variant="outline" size="small" class="self-start" onClick={() => setAsks(true)}>
        Make it {other()}…
      </Button>
      <Modal
        open={asks()}
        onClose={() => setAsks(false)}
        alert
        title={`Make ${labelOf(props.info)} ${other()}?`}
        text={other() === 'public' ? 'Everybody on this server can then read all that was said in it, and join.' : 'Who isn’t a member can then no longer see it, nor what was said in it.'}
      >
        <Fault action={change} />
        <DialogFooter>
          <Button variant="outline" onClick={() => setAsks(false)}>Cancel</Button>
          <Act action={change} label={`Make it ${other()}`} busyLabel="Changing…" onClick={() => void change.run()} />
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
  const archive = createAction(() => archiveRoom(props.info.slug, !archived()), {
    done() {
      const was = archived()
      props.onChanged()
      void live.rooms.load()
      showToast({
        title: was ? 'The room is open again' : 'The room is archived',
        ...(!was && { action: { label: 'Undo', act: () => void archiveRoom(props.info.slug, false).then(() => props.onChanged()) } }),
      })
    },
  })
  return (
    <div class="flex flex-col items-start gap-4">
      <div class="flex flex-col items-start gap-1.5">
        <Show when={props.allowed('export_room')} fallback={<No action="export_room" info={props.info} />}>
          <ExportLink slug={props.info.slug} />
          <p class="text-meta text-muted">All messages and members, one JSON object a line.</p>
        </Show>
      </div>
      <div class="flex flex-col items-start gap-1.5">
        <Switch>
          <Match when={global()}>
            <p class="text-meta text-muted">This room is always there: it can be neither archived nor deleted.</p>
          </Match>
          <Match when={!props.allowed('archive')}>
            <No action="archive" info={props.info} />
          </Match>
          <Match when={props.allowed('archive')}>
            <Button variant="outline" size="small" aria-busy={archive.busy()} onClick={() => void archive.run()}>
              <Archive class="size-3.5" aria-hidden="true" />
              {archived() ? 'Open the room again' : 'Archive the room'}
            </Button>
            <p class="text-meta text-muted">{archived() ? 'People can then write in it as before.' : 'It stays readable, and leaves everybody’s list. Nobody can write in it.'}</p>
            <Fault action={archive} />
          </Match>
        </Switch>
      </div>
      <Show when={!global()}>
        <div class="flex flex-col items-start gap-1.5">
          <Show when={props.allowed('delete_room')} fallback={<No action="delete_room" info={props.info} />}>
            <Button variant="outline" size="small" class="text-bad" onClick={() => setDeletes(true)}>
              <Trash class="size-3.5" aria-hidden="true" />
              Delete the room…
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
      Export the room
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
      showToast({ title: `${labelOf(props.info)} is deleted` })
      props.onClose()
      void live.rooms.load()
      void router.navigate({ to: '/rooms/$slug', params: { slug: 'global' }, search: {} })
    },
  })
  return (
    <Modal open={props.open} onClose={props.onClose} alert title={`Delete ${labelOf(props.info)}?`} text="All of its messages and files are deleted for everybody. This can't be undone.">
      <div class="flex flex-col items-start gap-1.5 rounded-card border border-line bg-sunken p-3">
        <p class="text-meta">Keep a copy first:</p>
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
            Type <bdi class="font-semibold">{props.info.name}</bdi> to delete it
          </TextFieldLabel>
          <TextFieldInput autocomplete="off" dir="auto" />
        </TextField>
        <Fault action={remove} />
        <DialogFooter>
          <Button variant="outline" onClick={() => props.onClose()}>Keep the room</Button>
          <Act action={remove} variant="danger" label="Delete the room" busyLabel="Deleting…" disabled={name().trim() !== props.info.name} />
        </DialogFooter>
      </form>
    </Modal>
  )
}
