import { createSignal, Show } from 'solid-js'
import { cn } from './cn'
import { hueOf, initialsOf } from './person'

/**
 * A person's face: their picture, or their initials where there is none or it
 * can't be had. It says nothing to screen readers: the name stands beside it.
 */
export function Avatar(props: { userId: string; name: string; image?: string | null | undefined; letters?: 1 | 2; class?: string }) {
  const [broken, setBroken] = createSignal<string>()
  // Only pictures of this server: another would learn who reads what, and when.
  const image = () => (props.image?.startsWith('/api/avatars/') && props.image !== broken() ? props.image : undefined)
  return (
    <span
      class={cn(
        'person-face relative grid size-9 shrink-0 select-none place-items-center overflow-hidden rounded-full text-meta font-semibold leading-none',
        props.class,
      )}
      style={{ '--hue': hueOf(props.userId) }}
      aria-hidden="true"
    >
      {initialsOf(props.name, props.letters ?? 2)}
      <Show when={image()} keyed>
        {(src) => (
          <img src={src} alt="" draggable={false} decoding="async" class="absolute inset-0 size-full object-cover" onError={() => setBroken(src)} />
        )}
      </Show>
    </span>
  )
}
