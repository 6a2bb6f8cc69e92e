import { Link } from '@tanstack/solid-router'
import { Show } from 'solid-js'
import { Button, buttonVariants } from '~/ui/button'
import { showToast } from '~/ui/toast'
import type { RoomGone } from './session'

/** In place of a room that isn't there, isn't there for this person, or isn't any more. */
export function RoomGoneNotice(props: { gone: RoomGone; slug: string; label: string; draft: string }) {
  const words = (): [title: string, text: string] => {
    const { gone } = props
    switch (gone.reason) {
      case 'notFound':
        return [`No room #${props.slug}`, "It isn't there, or it is private. If it is private, ask a member for an invite."]
      case 'refused':
        return ['This room is closed to you', gone.message]
      case 'removed':
        return [
          `You are not in ${props.label} any more`,
          gone.by === '' ? 'You left, somebody took you out of it, or it was deleted. Its members can add you again.' : `${gone.by} took you out of it. Its members can add you again.`,
        ]
    }
  }
  async function copy() {
    try {
      await navigator.clipboard.writeText(props.draft)
      showToast({ title: 'Text copied' })
    } catch {
      showToast({ tone: 'bad', title: 'Text could not be copied', text: 'Your browser did not allow it.' })
    }
  }
  return (
    <div class="grid flex-1 place-items-center overflow-y-auto p-6">
      <div class="flex w-full max-w-sm flex-col items-start gap-2" role={props.gone.reason === 'removed' ? 'alert' : undefined}>
        <h1 class="text-headline font-semibold" dir="auto">{words()[0]}</h1>
        <p class="text-body text-muted">{words()[1]}</p>
        <Show when={props.draft.trim() !== ''}>
          <div class="mt-2 flex w-full flex-col items-start gap-2 rounded-card border border-line bg-sunken p-3">
            <p class="text-meta text-muted">You were writing:</p>
            <p class="max-h-40 w-full overflow-y-auto text-body whitespace-pre-wrap [overflow-wrap:anywhere]" dir="auto">{props.draft}</p>
            <Button variant="outline" size="small" onClick={() => void copy()}>Copy it</Button>
          </div>
        </Show>
        <Link to="/rooms/$slug" params={{ slug: 'global' }} class={`${buttonVariants()} mt-3`}>
          Go to #global
        </Link>
      </div>
    </div>
  )
}
