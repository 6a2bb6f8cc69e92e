import { createSignal, For, Match, Show, Switch } from 'solid-js'
import { useLive } from '~/app/live'
import { call, explain, member, RequestError } from '~/http'
import { useQuery } from '~/query'
import type { Posted } from '~/realtime/reduce'
import { Button } from '~/ui/button'
import { Dialog, DialogContent, DialogDescription, DialogFooter, DialogTitle } from '~/ui/dialog'
import { TextField, TextFieldInput, TextFieldLabel } from '~/ui/text-field'
import { showToast } from '~/ui/toast'
import { linkOf } from './do'
import { forwarded } from './forwarded'

interface RoomName {
  slug: string
  name: string
}

const roomNames = {
  queryKey: ['rooms', 'names'],
  queryFn: async ({ signal }: { signal: AbortSignal }) => {
    const result = await call('/api/rooms', { signal }, parseRooms)
    if (!result.ok) throw new RequestError(result.failure)
    return result.value
  },
  staleTime: 60_000,
}

/** Chooses a room, and posts there what a message of another one said, with the way to it. */
export function ForwardDialog(props: { message: Posted; from: string; onClose(): void }) {
  const live = useLive()
  const rooms = useQuery(() => roomNames)
  const [chosen, setChosen] = createSignal<string>()
  const [comment, setComment] = createSignal('')
  const [full, setFull] = createSignal(false)

  function post() {
    const slug = chosen()
    if (slug === undefined) return
    const taken = live.room(slug).post(forwarded(props.message, linkOf(props.from, props.message.id), comment().trim()))
    setFull(!taken)
    if (!taken) return
    showToast({ title: `Forwarded to #${slug}` })
    props.onClose()
  }

  return (
    <Dialog open onOpenChange={(open) => !open && props.onClose()}>
      <DialogContent>
        <DialogTitle>Forward</DialogTitle>
        <DialogDescription>What {props.message.userName} wrote is quoted, with a link to it.</DialogDescription>
        <form
          class="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            post()
          }}
        >
          <Switch fallback={<p class="text-meta text-muted">Loading the rooms…</p>}>
            <Match when={rooms.data}>
              {(list) => (
                <fieldset class="scrollbar-calm flex max-h-60 flex-col overflow-y-auto rounded-control border border-line p-1">
                  <legend class="sr-only">To which room?</legend>
                  <For each={list()}>
                    {(r) => (
                      <label class="flex min-h-8 items-center gap-2.5 rounded-control px-2 text-body has-checked:bg-accent-soft has-focus-visible:outline-2 hover:bg-ink/5 pointer-coarse:min-h-11">
                        <input type="radio" name="room" class="accent-accent" value={r.slug} checked={chosen() === r.slug} onChange={() => setChosen(r.slug)} />
                        <span class="min-w-0 truncate" dir="auto"><span class="text-muted" aria-hidden="true">#</span>{r.name || r.slug}</span>
                      </label>
                    )}
                  </For>
                </fieldset>
              )}
            </Match>
            <Match when={rooms.error}>
              {(error) => (
                <p class="text-meta text-bad" role="alert">
                  {error() instanceof RequestError ? explain((error() as RequestError).failure) : "The rooms couldn't be loaded."}
                </p>
              )}
            </Match>
          </Switch>
          <TextField value={comment()} onChange={setComment}>
            <TextFieldLabel>A word to it (optional)</TextFieldLabel>
            <TextFieldInput maxLength={2_000} dir="auto" />
          </TextField>
          <Show when={full()}>
            <p class="text-meta text-bad" role="alert">Too many messages are waiting to be sent to that room.</p>
          </Show>
          <DialogFooter>
            <Button variant="outline" onClick={() => props.onClose()}>Cancel</Button>
            <Button type="submit" disabled={chosen() === undefined}>Forward</Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  )
}

function parseRooms(value: unknown): RoomName[] | null {
  const rooms = member(value, 'rooms')
  if (!Array.isArray(rooms)) return null
  return rooms.flatMap((room: unknown) => {
    const slug = member(room, 'slug')
    const name = member(room, 'name')
    return typeof slug === 'string' ? [{ slug, name: typeof name === 'string' ? name : slug }] : []
  })
}
